using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Playbooks;
using Orchestrator.V1;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Silo.Sample;

/// <summary>Makes signals of invoices. Ids and content depend on the row only, so sending one again is harmless.</summary>
public static class InvoiceSignals
{
    private const string Source = "sample-invoices";

    public static string AccountOf(Invoice invoice) => $"c-{invoice.Customer}";

    /// <summary>In the order in which they are to be sent; empty if the row says nothing.</summary>
    /// <param name="first">The customer's first row: its country becomes known, and the consent that we assume.</param>
    public static List<Signal> Of(Invoice invoice, bool first)
    {
        var signals = new List<Signal>(4);
        if (first)
        {
            var updated = About(invoice, "account", BuiltInSignals.AccountUpdated, Source);
            updated.Identifiers.Clear();
            updated.Properties["country"] = new Value { Text = invoice.Country };
            signals.Add(updated);

            // The data knows nothing of consent; the sample says so, here and in its output.
            var consent = About(invoice, "consent", BuiltInSignals.ConsentGiven, "sample-assumption");
            consent.Properties["purpose"] = new Value { Text = "marketing" };
            signals.Add(consent);
        }

        if (invoice.Purchase > 0)
        {
            var purchase = About(invoice, "purchase", "purchase.made", Source);
            purchase.Properties["amount"] = Pounds(invoice.Purchase);
            purchase.Properties["lines"] = new Value { Integer = invoice.Lines };
            purchase.Properties["quantity"] = new Value { Integer = invoice.Quantity };
            signals.Add(purchase);
        }

        if (invoice.Return > 0)
        {
            var returned = About(invoice, "return", "goods.returned", Source);
            returned.Properties["amount"] = Pounds(invoice.Return);
            signals.Add(returned);
        }

        return signals;
    }

    private static Signal About(Invoice invoice, string what, string type, string source) => new()
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"invoice-{invoice.Row}-{what}"),
        Type = type,
        Account = AccountOf(invoice),
        Identifiers = { new Identifier { Kind = "crm", Value = invoice.Customer } },
        Time = Timestamp.FromDateTimeOffset(invoice.At),
        Source = source,
    };

    private static Value Pounds(long pence) => new() { Money = new Money { MinorUnits = pence, Currency = "GBP" } };
}
