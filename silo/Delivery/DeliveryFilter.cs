using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Orchestrator.Silo.Delivery;

/// <summary>What of an action a filter can look at.</summary>
internal readonly record struct RouteKey(string Tenant, string Channel, string Department, string Owner);

/// <summary>Which actions a subscription takes: an empty list takes everything, several lists must all match. Compared by content; order and repetition do not matter.</summary>
public sealed class DeliveryFilter : IEquatable<DeliveryFilter>
{
    public static readonly DeliveryFilter All = new([], [], []);

    private readonly string[] channels;
    private readonly string[] departments;
    private readonly string[] owners;
    private readonly string text;

    public DeliveryFilter(IEnumerable<string> channels, IEnumerable<string> departments, IEnumerable<string> owners)
    {
        this.channels = Sorted(channels);
        this.departments = Sorted(departments);
        this.owners = Sorted(owners);
        text = Text("channels", this.channels) + Text(", departments", this.departments) + Text(", owners", this.owners);
    }

    /// <summary>Reads and checks the filter of the contract; absent = everything.</summary>
    /// <param name="why">When false: what is wrong with it.</param>
    public static bool TryRead(V1.ActionFilter? filter, out DeliveryFilter read, [NotNullWhen(false)] out string? why)
    {
        read = All;
        why = null;
        if (filter is null)
        {
            return true;
        }

        why = Problem("channels", filter.Channels) ?? Problem("departments", filter.Departments) ?? Problem("owners", filter.Owners);
        if (why is null)
        {
            read = new(filter.Channels, filter.Departments, filter.Owners);
        }

        return why is null;
    }

    /// <summary>In the words of the contract.</summary>
    public V1.ActionFilter Write() => new() { Channels = { channels }, Departments = { departments }, Owners = { owners } };

    public bool Equals(DeliveryFilter? other) =>
        other is not null && channels.AsSpan().SequenceEqual(other.channels) && departments.AsSpan().SequenceEqual(other.departments) && owners.AsSpan().SequenceEqual(other.owners);

    public override bool Equals(object? obj) => Equals(obj as DeliveryFilter);

    public override int GetHashCode() => text.GetHashCode(StringComparison.Ordinal);

    /// <summary>For messages, for example <c>channels [email, web], departments [*], owners [*]</c>.</summary>
    public override string ToString() => text;

    internal bool Matches(in RouteKey route) => Has(channels, route.Channel) && Has(departments, route.Department) && Has(owners, route.Owner);

    private static bool Has(string[] sorted, string value) => sorted.Length == 0 || Array.BinarySearch(sorted, value, StringComparer.Ordinal) >= 0;

    private static string[] Sorted(IEnumerable<string> values)
    {
        string[] sorted = [.. values.Distinct(StringComparer.Ordinal)];
        Array.Sort(sorted, StringComparer.Ordinal);
        return sorted;
    }

    private static string Text(string name, string[] values) => $"{name} [{(values.Length == 0 ? "*" : string.Join(", ", values))}]";

    private static string? Problem(string name, ICollection<string> values)
    {
        if (values.Count > Limits.MostFilterValues)
        {
            return $"filter has {values.Count} {name}, at most {Limits.MostFilterValues} are taken";
        }

        foreach (var value in values)
        {
            var bytes = Encoding.UTF8.GetByteCount(value);
            if (bytes is 0 or > Limits.FilterValueBytes)
            {
                return $"filter has a value of {bytes} bytes among its {name}, expected 1 to {Limits.FilterValueBytes}";
            }
        }

        return null;
    }
}
