using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Playbooks;

/// <summary>Values of properties as people write them by hand: in fixtures and on the command line.</summary>
public static class PropertyText
{
    /// <summary>The value, or null if the text is none of the type.</summary>
    /// <param name="currency">Of money, which is written in minor units.</param>
    /// <param name="now">What `+30d` and `-2h` count from, where an instant is wanted.</param>
    public static Value? Read(string text, PropertyType type, string currency, DateTimeOffset now)
    {
        const NumberStyles Sign = NumberStyles.AllowLeadingSign;
        switch (type)
        {
            case PropertyType.Text:
                return new Value { Text = text };
            case PropertyType.Whole:
                return long.TryParse(text, Sign, CultureInfo.InvariantCulture, out var whole) ? new Value { Integer = whole } : null;
            case PropertyType.Number:
                return double.TryParse(text, Sign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? new Value { Number = number } : null;
            case PropertyType.Flag:
                return text is "true" or "false" ? new Value { Flag = text == "true" } : null;
            case PropertyType.Timestamp:
                return InstantOf(text, now) is { } instant ? new Value { Instant = Timestamp.FromDateTimeOffset(instant) } : null;
            case PropertyType.Duration:
                return Durations.TryParse(text, out var span) ? new Value { Duration = Duration.FromTimeSpan(span) } : null;
            case PropertyType.Money:
                return long.TryParse(text, Sign, CultureInfo.InvariantCulture, out var minor) ? new Value { Money = new Money { MinorUnits = minor, Currency = currency } } : null;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>How a value of the type is written.</summary>
    public static string Expected(PropertyType type) => type switch
    {
        PropertyType.Text => "a text",
        PropertyType.Whole => "a whole number",
        PropertyType.Number => "a number",
        PropertyType.Flag => "true or false",
        PropertyType.Timestamp => "an instant such as 2026-03-02T09:00:00Z, or +30d from now",
        PropertyType.Duration => "a duration such as 30m, 4h, 3d or 2w",
        PropertyType.Money => "an amount in minor units",
    };

    /// <summary>The types of what a signal may carry: its own properties, or the attributes that it sets.</summary>
    public static IReadOnlyList<PropertyDefinition> Of(CompiledSignal signal, Playbook playbook) => signal.Id switch
    {
        BuiltInSignals.AccountUpdated => [.. playbook.Definition.Attributes.Account, .. BuiltInAttributes],
        BuiltInSignals.ContactUpdated => [.. playbook.Definition.Attributes.Contact, .. BuiltInAttributes],
        _ => signal.Definition.Properties,
    };

    private static readonly PropertyDefinition[] BuiltInAttributes =
        [new("time-zone", default, PropertyType.Text, Optional: true), new("exclusion", default, PropertyType.Text, Optional: true)];

    private static DateTimeOffset? InstantOf(string text, DateTimeOffset now)
    {
        if (text.Length > 1 && text[0] is '+' or '-' && Durations.TryParse(text[1..], out var away))
        {
            return text[0] == '+' ? now + away : now - away;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant) ? instant : null;
    }
}
