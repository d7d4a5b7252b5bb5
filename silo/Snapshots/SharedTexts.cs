using System.Collections.Concurrent;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;

namespace Orchestrator.Silo.Snapshots;

/// <summary>
/// The names that a playbook gives, one object each for all grains that are read from snapshots: a stage or a score has the same name in a million accounts, and a parsed
/// form has a text of its own for each. Any thread.
/// </summary>
internal static class SharedTexts
{
    // More names than playbooks have; further ones stay what they are. Never emptied: a grain keeps what it has anyway.
    private const int Most = 8_192;
    private static readonly ConcurrentDictionary<string, string> Known = new(StringComparer.Ordinal);

    private static readonly ConcurrentDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> KnownBySpan = Known.GetAlternateLookup<ReadOnlySpan<char>>();

    // The dictionary counts by taking all its locks.
    private static int s_known;

    /// <summary>Puts the shared texts in place of a stored form's own, and the grain's key in place of its second copy.</summary>
    public static void Share(StoredState stored, GrainKey key)
    {
        (stored.Key.Tenant, stored.Key.Affinity, stored.Key.Id) = (key.Tenant, key.Affinity, key.Id);
        if (stored.Account is { } account)
        {
            (account.Stage, account.StageBy) = (Of(account.Stage), Of(account.StageBy));
            Share(account.Scores);
            Share(account.Attributes);
            Share(account.Rests);
            Share(account.Slots);
            foreach (var tally in account.Tallies)
            {
                tally.Name = Of(tally.Name);
            }

            foreach (var action in account.OpenActions)
            {
                (action.Play, action.Treatment, action.Channel) = (Of(action.Play), Of(action.Treatment), Of(action.Channel));
            }
        }
        else if (stored.Contact is { } contact)
        {
            Share(contact.Scores);
            Share(contact.Attributes);
            Share(contact.Rests);
            Share(contact.Slots);
            for (var i = 0; i < contact.Roles.Count; i++)
            {
                contact.Roles[i] = Of(contact.Roles[i]);
            }
        }
    }

    /// <summary>The shared text that says the same.</summary>
    public static string Of(string text)
    {
        if (text.Length == 0)
        {
            return "";
        }

        if (Known.TryGetValue(text, out var shared))
        {
            return shared;
        }

        return Volatile.Read(ref s_known) < Most && Known.TryAdd(text, text) && Interlocked.Increment(ref s_known) > 0 ? text : Known.GetValueOrDefault(text, text);
    }

    /// <summary>The same for a text that is not an object yet.</summary>
    public static readonly TextSharing Sharing = static text => KnownBySpan.TryGetValue(text, out var shared) ? shared : Of(text.ToString());

    private static void Share(Google.Protobuf.Collections.RepeatedField<StoredScore> scores)
    {
        for (var i = 0; i < scores.Count; i++)
        {
            scores[i].Name = Of(scores[i].Name);
        }
    }

    private static void Share(Google.Protobuf.Collections.RepeatedField<StoredAttribute> attributes)
    {
        for (var i = 0; i < attributes.Count; i++)
        {
            attributes[i].Name = Of(attributes[i].Name);
        }
    }

    private static void Share(Google.Protobuf.Collections.RepeatedField<StoredPlayRest> rests)
    {
        for (var i = 0; i < rests.Count; i++)
        {
            rests[i].Play = Of(rests[i].Play);
        }
    }

    private static void Share(Google.Protobuf.Collections.RepeatedField<StoredSlot> slots)
    {
        for (var i = 0; i < slots.Count; i++)
        {
            slots[i].Channel = Of(slots[i].Channel);
        }
    }
}
