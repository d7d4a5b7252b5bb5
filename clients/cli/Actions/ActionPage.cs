using Orchestrator.V1;

namespace Orchestrator.Cli.Actions;

/// <summary>A leased action as text.</summary>
static class ActionPage
{
    public static void Print(Printing print, Delivery delivery)
    {
        var action = delivery.Action;
        print.Line($"{Printing.Show(action.DecidedAt)}  {What(action)} by {action.Channel} for {Whom(action)}{(delivery.Attempt > 1 ? $" (attempt {delivery.Attempt})" : "")}");
        print.Facts(
            ("  why", action.Reason),
            ("  owner", string.Join(" / ", new[] { action.Department, action.Owner }.Where(part => part.Length > 0))),
            ("  reach", string.Join(", ", action.Identifiers.Select(Printing.Show))),
            ("  valid until", Printing.Show(action.ValidUntil)),
            ("  reasons", string.Join(", ", action.Reasons)),
            ("  action", action.Id),
            ("  ack id", delivery.AckId));
        foreach (var item in action.Packet)
        {
            print.Line($"  | {item.Name}: {item.Text}");
        }
    }

    /// <summary>A play with its treatment, or what is asked about what.</summary>
    public static string What(V1.Action action) => action.Play.Length > 0 ? $"{action.Play} / {action.Treatment}" : $"{action.Kind} of {action.Subject}";

    static string Whom(V1.Action action) => action.Contact.Length > 0 ? $"{action.Contact} of {action.Account}" : action.Account;
}
