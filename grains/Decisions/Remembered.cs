using System.Runtime.CompilerServices;

namespace Orchestrator.Grains.Decisions;

/// <summary>
/// Answers to questions that many candidates of one decision ask, by a slot that is given when the playbook is compiled. An answer holds for the facts that
/// it was found for and no longer: it bears their stamp. Grown once, then free of allocation; belongs to one <see cref="Facts"/>.
/// </summary>
/// <remarks>
/// Slots of two playbooks have the same numbers. They cannot be taken for one another: facts of another playbook have other stamps, and whoever asks asks
/// facts of its own playbook.
/// </remarks>
internal sealed class Remembered<T>
{
    private Entry[] entries = [];

    /// <summary>The place of an answer; whether it still holds is for the caller to see.</summary>
    public ref Entry this[int slot]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var held = entries;
            if ((uint)slot < (uint)held.Length)
            {
                return ref held[slot];
            }

            return ref Grow(slot);
        }
    }

    private ref Entry Grow(int slot)
    {
        Array.Resize(ref entries, Math.Max(slot + 1, 2 * entries.Length));
        return ref entries[slot];
    }

    public struct Entry
    {
        /// <summary>The facts' stamp, of the account or of the person; 0 = nothing is remembered.</summary>
        public long Stamp;

        public T Value;
    }
}
