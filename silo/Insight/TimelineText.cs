using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Silo.Insight;

/// <summary>Facts in the reader's words: a kind, and one plain sentence.</summary>
internal static class TimelineText
{
    public static string KindOf(AccountEvent fact) => fact switch
    {
        AccountEvent.Opened => "opened",
        AccountEvent.SignalRecorded => "signal",
        AccountEvent.AttributesSet => "attribute",
        AccountEvent.ContactJoined => "contact-joined",
        AccountEvent.ContactLeft => "contact-left",
        AccountEvent.RoleSet => "role",
        AccountEvent.StageEntered => "stage",
        AccountEvent.SlaBreached => "overdue",
        AccountEvent.ActionOffered { Action.Request: not null } => "request",
        AccountEvent.ActionOffered => "action",
        AccountEvent.ActionEnded { How: EndedHow.Expired } => "expired",
        AccountEvent.ActionEnded { How: EndedHow.Revoked } => "revoked",
        AccountEvent.ActionEnded => "settled",
        AccountEvent.ActionReturned => "returned",
        AccountEvent.Woken => "woken",
        AccountEvent.NoneDecided => "none",
        AccountEvent.Asked => "asked",
        AccountEvent.Reserved => "reserved",
        AccountEvent.ReservationEnded => "reservation-ended",
        AccountEvent.Forwarded => "forwarded",
        AccountEvent.Absorbed => "absorbed",
        AccountEvent.Deferred => "deferred",
        AccountEvent.PlayRested => "rest",
        AccountEvent.OfJourney e => JourneyText.KindOf(e.Event),
        AccountEvent.ActionGranted => "granted",
        AccountEvent.OfDealings e => DealingsText.KindOf(e.Event),
        AccountEvent.OfSupport e => SupportText.KindOf(e.Event),
        AccountEvent.OfStanding e => StandingText.KindOf(e.Event),
        AccountEvent.OfBoard e => BoardText.KindOf(e.Event),
        AccountEvent.OfLateness e => LatenessText.KindOf(e.Event),
        AccountEvent.OfMembership => "membership",
        AccountEvent.OfHistory e => IdentityText.KindOf(e.Event),
        AccountEvent.OfFlight => "version",
        AccountEvent.OfCustomer e => CustomerText.KindOf(e.Event),
        _ => throw new UnreachableException(),
    };

    /// <param name="fact">What happened.</param>
    /// <param name="about">The action or reservation that the fact is about, if the journal still has it.</param>
    public static string SentenceOf(AccountEvent fact, Undertaking? about) => fact switch
    {
        AccountEvent.Opened e => $"The account was seen for the first time and starts at stage `{e.Stage}`{(e.Provisional ? ", provisionally: nobody has named its company yet" : "")}.",
        AccountEvent.SignalRecorded e => Signal(e),
        AccountEvent.AttributesSet e => $"Attributes became known: {string.Join(", ", e.Values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(Attribute))}{StandingText.Said(e.Origin)}.",
        AccountEvent.ContactJoined e => e.Identifiers.Count == 0
            ? $"Contact `{e.Contact}` joined the account."
            : $"Contact `{e.Contact}` is known as {string.Join(", ", e.Identifiers.Select(i => $"`{i}`"))}.",
        AccountEvent.ContactLeft e => $"Contact `{e.Contact}` is now `{e.To.Id}` of account `{e.To.Affinity}`.",
        AccountEvent.RoleSet e => $"Contact `{e.Contact}` {(e.Assigned ? "got" : "lost")} the role `{e.Role}`.",
        AccountEvent.StageEntered e => $"The account moved from stage `{e.From}` to `{e.To}` by transition `{e.Transition}`{(e.Reason.Length > 0 ? $", reason: {e.Reason}" : "")}.",
        AccountEvent.SlaBreached e => $"The account stayed in stage `{e.Stage}` longer than agreed.",
        AccountEvent.ActionOffered { Action: { Request: { } request } asked } => $"The {request.Kind} of `{request.Subject}` was asked of {Whom(asked)}, to be answered until {InstantForm.Show(asked.ValidUntil)}: {asked.Reason}.",
        AccountEvent.ActionOffered e => $"{Name(e.Action.Treatment, e.Action.Play)} was offered{(e.Action.Contact.Length > 0 ? $" for contact `{e.Action.Contact}`" : "")} on channel `{e.Action.Channel}`: {e.Action.Reason}.",
        AccountEvent.ActionEnded e => Ended(e, Name(about, "The action", e.Id), about?.Request.Length > 0),
        AccountEvent.ActionReturned e => $"{Name(about, "The action", e.Id)} came back{(e.Reason.Length > 0 ? $" ({e.Reason})" : "")} and is offered again from {InstantForm.Show(e.NotBefore)} on.",
        AccountEvent.Woken e => $"Time alone could change something at {InstantForm.Show(e.Due)}, so the account was judged again.",
        AccountEvent.NoneDecided e => $"Nothing was done: {NoneReasons.Describe(e.Reason)}.",
        AccountEvent.Asked e => $"The best action on channel `{e.Channel}`{(e.Contact.Length > 0 ? $" for contact `{e.Contact}`" : "")} was asked for.",
        AccountEvent.Reserved e => $"Another system reserved a message to contact `{e.Reservation.Contact}` on channel `{e.Reservation.Channel}` until {InstantForm.Show(e.Reservation.HeldUntil)}.",
        AccountEvent.ReservationEnded e => $"{Name(about, "The reserved message", e.Id)} {(e.Confirmed ? "was sent" : "was not sent, its slot is free again")}.",
        AccountEvent.Forwarded { Account.Length: 0 } => "The account that it had been merged into was merged into it: it carries on.",
        AccountEvent.Forwarded e => $"The account was merged into `{e.Account}`, which carries on.",
        AccountEvent.Absorbed e => $"What account `{e.From.Affinity}` knew of contact `{e.Contact}` joined this account.",
        AccountEvent.Deferred e => $"Something was held back by time only{(e.Signal is { } signal ? $" (signal `{signal.Type}` asked for it)" : "")} and is decided again at {InstantForm.Show(e.Until)}.",
        AccountEvent.ActionGranted e => $"{Name(about, "The action", e.Id)} {(e.Owner.Length > 0 ? $"is in the hands of `{e.Owner}`" : "is in nobody's hands in particular")}.",
        AccountEvent.OfDealings e => DealingsText.SentenceOf(e.Event),
        AccountEvent.OfHistory e => IdentityText.SentenceOf(e.Event),
        AccountEvent.OfFlight(FlightEvent.Adopted e) => $"The account goes by the latest playbook from version {e.Version} on.",
        AccountEvent.OfFlight(FlightEvent.Pinned e) => $"The account keeps version {e.To} of the playbook until it leaves the journey, as version {e.Version} asks.",
        AccountEvent.OfFlight(FlightEvent.Released) => "The account left the journey and goes by the latest playbook again.",
        AccountEvent.PlayRested e => $"Play `{e.Play}` is not offered again before {InstantForm.Show(e.Until)}.",
        AccountEvent.OfJourney e => JourneyText.SentenceOf(e.Event),
        AccountEvent.OfSupport e => SupportText.SentenceOf(e.Event),
        AccountEvent.OfBoard e => BoardText.SentenceOf(e.Event),
        AccountEvent.OfLateness e => LatenessText.SentenceOf(e.Event),
        AccountEvent.OfMembership e => MembershipText.SentenceOf(e.Contact, e.Event),
        AccountEvent.OfStanding e => StandingText.SentenceOf(e.Event),
        AccountEvent.OfCustomer e => CustomerText.SentenceOf(e.Event),
        _ => throw new UnreachableException(),
    };

    private static string Signal(AccountEvent.SignalRecorded e) =>
        $"Signal `{e.Signal.Type}` was recorded"
        + (e.Contact.Length > 0 ? $" for contact `{e.Contact}`" : "")
        + (e.Signal.Source.Length > 0 ? $", sent by `{e.Signal.Source}`" : "")
        + (e.Signal.AssertedBy.Length > 0 ? $", asserted by `{e.Signal.AssertedBy}`" : "")
        + ".";

    private static string Ended(AccountEvent.ActionEnded e, string name, bool request) => e.How switch
    {
        EndedHow.Done when request => $"{name} was answered with yes{By(e)}.",
        EndedHow.Declined when request => $"{name} was answered with no{By(e)}{Because(e.Outcome)}.",
        EndedHow.Expired when request => $"{name} was not answered in time.",
        EndedHow.Done => $"{name} was carried out{By(e)}, outcome: {e.Outcome}.",
        EndedHow.Rejected => $"{name} was rejected as impossible{Because(e.Outcome)}.",
        EndedHow.Declined => $"{name} was declined{By(e)}{Because(e.Outcome)}.",
        EndedHow.Expired => $"{name} expired before it was carried out.",
        EndedHow.Revoked => $"{name} was revoked{Because(e.Outcome)}.",
    };

    private static string By(AccountEvent.ActionEnded e) => e.By.Length > 0 ? $" by `{e.By}`" : "";

    private static string Whom(OpenAction action) => action.Owner.Length > 0 ? $"`{action.Owner}`" : action.Department.Length > 0 ? $"department `{action.Department}`" : "anybody";

    private static string Because(string reason) => reason.Length > 0 ? $": {reason}" : "";

    private static string Attribute(KeyValuePair<string, V1.Value> value) =>
        value.Value.KindCase == V1.Value.KindOneofCase.None ? $"`{value.Key}` is absent" : $"`{value.Key}` is {SignalValues.Text(value.Value)}";

    private static string Name(string treatment, string play) => $"Treatment `{treatment}` of play `{play}`";

    private static string Name(Undertaking? about, string otherwise, string id) => about switch
    {
        { Request.Length: > 0 } => $"The {about.Request}",
        { Play.Length: > 0 } => Name(about.Treatment, about.Play),
        { } => $"{otherwise} to contact `{about.Contact}`",
        null => $"{otherwise} `{id}`",
    };
}

/// <summary>What an id of an action or reservation stands for.</summary>
/// <param name="Contact">Empty when it concerns the account as a whole.</param>
/// <param name="Play">Empty for a reservation, like <paramref name="Treatment"/>.</param>
/// <param name="Request">What was asked of our own people, such as <c>confirmation of `accept`</c>; empty for plays and reservations.</param>
internal sealed record Undertaking(string Contact, string Play, string Treatment, string Request = "");
