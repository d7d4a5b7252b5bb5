using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Orchestrator.Cli.Mapping;
using Orchestrator.V1;

namespace Orchestrator.Cli.Recording;

/// <summary>Reads a signal from JSON: protobuf's form, in which a property may also be a plain text, number, true or false, null, or money with an <c>amount</c>.</summary>
static class SignalJson
{
    /// <exception cref="RowRefusal">It is not a signal.</exception>
    public static Signal Parse(string line)
    {
        try
        {
            if (JsonNode.Parse(line) is not JsonObject signal)
            {
                throw new RowRefusal("expected a JSON object");
            }

            if (signal["properties"] is JsonObject properties)
            {
                foreach (var (name, value) in properties.ToList())
                {
                    properties[name] = Typed(name, value);
                }
            }

            return JsonParser.Default.Parse<Signal>(signal.ToJsonString());
        }
        catch (Exception fault) when (fault is JsonException or InvalidProtocolBufferException or ArgumentException)
        {
            throw new RowRefusal($"expected a signal as JSON: {fault.Message.TrimEnd('.')}");
        }
    }

    static JsonObject Typed(string name, JsonNode? value) => value?.GetValueKind() switch
    {
        null => [],
        JsonValueKind.String => new() { ["text"] = value.GetValue<string>() },
        JsonValueKind.True or JsonValueKind.False => new() { ["flag"] = value.GetValue<bool>() },
        JsonValueKind.Number => Number(value.ToJsonString()),
        JsonValueKind.Object => Money(name, (JsonObject)value.DeepClone()),
        _ => throw new RowRefusal($"`{name}`: expected a text, a number, true, false, null or an object with one value, found a list"),
    };

    // As written: 3 is a whole number, 3.0 is not. Protobuf's JSON has 64-bit integers as text.
    static JsonObject Number(string written) => long.TryParse(written, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
        ? new() { ["integer"] = written }
        : new() { ["number"] = JsonNode.Parse(written) };

    static JsonObject Money(string name, JsonObject value)
    {
        if (value["money"] is not JsonObject money || !money.TryGetPropertyValue("amount", out var given))
        {
            return value;
        }

        var currency = money["currency"] is JsonValue code && code.TryGetValue<string>(out var text) ? text : "";
        var written = given is JsonValue plain ? plain.TryGetValue<string>(out var quoted) ? quoted : plain.ToJsonString() : "";
        if (!Currencies.IsCode(currency))
        {
            throw new RowRefusal($"`{name}`: expected an ISO 4217 `currency` like `GBP`, found `{currency}`");
        }

        if (!decimal.TryParse(written, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
        {
            throw new RowRefusal($"`{name}`: expected an `amount`, found `{written}`");
        }

        try
        {
            return new() { ["money"] = new JsonObject { ["minorUnits"] = Currencies.MinorUnits(amount, currency).ToString(CultureInfo.InvariantCulture), ["currency"] = currency } };
        }
        catch (FormatException finer)
        {
            throw new RowRefusal($"`{name}`: {finer.Message}");
        }
    }
}
