using Orchestrator.Silo.Sample;

namespace Orchestrator.Silo.Tests.Sample;

public sealed class InvoiceReaderTests
{
    private const string Header = "timestamp,customer_id,country,lines,net_quantity,purchase_value,return_value\n";

    [Theory]
    [InlineData("2009-12-01 07:45", "2009-12-01T07:45:00Z")]
    [InlineData("2010-07-01 09:00", "2010-07-01T08:00:00Z")]
    // Clocks go forward on 2010-03-28 at 01:00 UTC, and back on 2010-10-31 at 01:00 UTC.
    [InlineData("2010-03-28 00:59", "2010-03-28T00:59:00Z")]
    [InlineData("2010-03-28 02:00", "2010-03-28T01:00:00Z")]
    [InlineData("2010-10-31 00:59", "2010-10-30T23:59:00Z")]
    [InlineData("2010-10-31 02:00", "2010-10-31T02:00:00Z")]
    public void London_time_becomes_utc_in_winter_and_in_summer(string local, string utc) =>
        Assert.Equal(DateTimeOffset.Parse(utc, System.Globalization.CultureInfo.InvariantCulture), InvoiceReader.Utc(local));

    [Fact]
    public void A_time_that_comes_twice_means_the_first_and_one_that_never_comes_is_moved_on()
    {
        Assert.Equal(new DateTimeOffset(2010, 10, 31, 0, 30, 0, TimeSpan.Zero), InvoiceReader.Utc("2010-10-31 01:30"));
        Assert.Equal(new DateTimeOffset(2010, 3, 28, 1, 30, 0, TimeSpan.Zero), InvoiceReader.Utc("2010-03-28 01:30"));
    }

    [Fact]
    public void A_row_keeps_its_number_and_counts_in_pence()
    {
        var rows = InvoiceReader.Read(new StringReader(Header + "2009-12-01 07:46,13085,\"United Kingdom\",4,60,145.80,0.00\n2009-12-01 07:45,12682,\"France\",1,-2,0.00,3.05\n"));
        Assert.Equal(
            [
                new Invoice(2, new DateTimeOffset(2009, 12, 1, 7, 45, 0, TimeSpan.Zero), "12682", "France", 1, -2, 0, 305),
                new Invoice(1, new DateTimeOffset(2009, 12, 1, 7, 46, 0, TimeSpan.Zero), "13085", "United Kingdom", 4, 60, 14580, 0),
            ],
            rows);
    }

    [Theory]
    [InlineData("01/12/2009 07:45,1,UK,1,1,1.00,0.00", "`01/12/2009 07:45`")]
    [InlineData("2009-12-01 07:45,1,UK,many,1,1.00,0.00", "`lines` is `many`")]
    [InlineData("2009-12-01 07:45,1,UK,1,1,-1.00,0.00", "`purchase_value` is `-1.00`")]
    public void A_malformed_row_is_named_with_what_was_expected(string row, string part) =>
        Assert.Contains(part, Assert.Throws<InvalidDataException>(() => InvoiceReader.Read(new StringReader(Header + row + "\n"))).Message);

    [Fact]
    public void The_bundled_data_is_whole()
    {
        var rows = InvoiceReader.ReadAll(SampleFiles.Bundled().Invoices);
        Assert.Equal(44_634, rows.Count);
        Assert.Equal(5_942, rows.Select(r => r.Customer).Distinct().Count());
        Assert.Equal(7_894, rows.Count(r => r.Return > 0));
    }
}
