using System.Globalization;
using Orchestrator.Grains.Tests.Playbooks;
using Orchestrator.Grains.CustomerValue;

namespace Orchestrator.Grains.Tests.CustomerValue;

/// <summary>The published customers, and the parameters published for them (weeks, dollars).</summary>
internal static class Cdnow
{
    public static readonly BuyingParameters Buying = new(0.2425945, 4.4136019, 0.7929199, 2.4258881);

    public static readonly SpendParameters Spend = new(6.25, 3.74, 15.44);

    public static IReadOnlyList<(double X, double LastAt, double Age, double Mean)> Customers { get; } =
    [
        .. Samples.File("tests/Grains/CustomerValue/cdnow.csv").Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line =>
        {
            var cells = line.Split(',').Select(c => double.Parse(c, CultureInfo.InvariantCulture)).ToArray();
            return (cells[0], cells[1], cells[2], cells[3]);
        }),
    ];
}
