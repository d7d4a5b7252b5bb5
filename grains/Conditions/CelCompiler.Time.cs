namespace Orchestrator.Grains.Conditions;

/// <summary>What an operation does to the movement of its inputs in time.</summary>
internal sealed partial class CelCompiler<TFacts>
{
    /// <summary>An operation that keeps steps: its value may change when any input's does. Anything else that moves is lost.</summary>
    private CelTemporal<TFacts>? Combine(int offset, params IReadOnlyList<CelTerm<TFacts>> inputs)
    {
        CelTemporal<TFacts>? all = null;
        foreach (var input in inputs)
        {
            if (input.Temporal is CelTemporal<TFacts>.Clock or CelTemporal<TFacts>.Crossing)
            {
                return new CelTemporal<TFacts>.Opaque("cannot follow this in time; compare what moves with a value that does not, such as score.engagement * 2.0 >= 60.0 or now - account.created > duration('90d')", offset);
            }

            all = CelTemporal<TFacts>.Min(all, input.Temporal);
        }

        return all;
    }

    /// <summary>Movement of a standard operator or function.</summary>
    private CelTemporal<TFacts>? Move(string name, IReadOnlyList<CelTerm<TFacts>> arguments, int offset)
    {
        var moving = arguments.Where(argument => argument.Temporal is CelTemporal<TFacts>.Clock or CelTemporal<TFacts>.Crossing).ToList();
        if (moving.Count == 0 || arguments.Any(argument => argument.Temporal is CelTemporal<TFacts>.Opaque))
        {
            return Combine(offset, arguments);
        }

        if (moving.Count > 1)
        {
            return new CelTemporal<TFacts>.Opaque($"cannot follow `{Shown(name)}` in time when both sides move; compare each side with a value that does not", offset);
        }

        var first = ReferenceEquals(moving[0], arguments[0]);
        var other = arguments.Count < 2 ? null : first ? arguments[1] : arguments[0];
        return (moving[0].Temporal, name) switch
        {
            (CelTemporal<TFacts>.Clock(var direction), "_+_") when other?.Temporal is null => new CelTemporal<TFacts>.Clock(direction),
            (CelTemporal<TFacts>.Clock(var direction), "_-_") when other?.Temporal is null => new CelTemporal<TFacts>.Clock(first ? direction : -direction),
            (CelTemporal<TFacts>.Clock(var direction), "-_") => new CelTemporal<TFacts>.Clock(-direction),
            (CelTemporal<TFacts>.Clock, "timestamp" or "duration") => moving[0].Temporal,
            (CelTemporal<TFacts>.Clock(1), _) when CelCalendar.Fields.ContainsKey(name) && moving[0].Type.Kind == CelKind.Timestamp => Calendar(name, moving[0], other),
            (CelTemporal<TFacts>.Crossing crossing, _) => Linear(name, crossing, first, moving[0], other),
            _ => null,
        } ?? Combine(offset, arguments);
    }

    /// <summary>a * x + b crosses t where x crosses (t - b) / a.</summary>
    private static CelTemporal<TFacts>.Crossing? Linear(string name, CelTemporal<TFacts>.Crossing crossing, bool first, CelTerm<TFacts> moving, CelTerm<TFacts>? other)
    {
        if (other is null)
        {
            return name switch
            {
                "-_" => new CelTemporal<TFacts>.Crossing((facts, threshold) => crossing.Solve(facts, -threshold)),
                "double" => crossing,
                _ => null,
            };
        }

        var number = Number(other);
        var next = (other.Temporal as CelTemporal<TFacts>.Step)?.Next;
        if (number is null || (name == "_/_" && (!first || moving.Type.Kind != CelKind.Double)))
        {
            return null;
        }

        Func<double, double, double>? undo = name switch
        {
            "_+_" => (threshold, shift) => threshold - shift,
            "_-_" => first ? (threshold, shift) => threshold + shift : (threshold, shift) => shift - threshold,
            "_*_" => (threshold, scale) => threshold / scale,
            "_/_" => (threshold, scale) => threshold * scale,
            _ => null,
        };
        return undo is null ? null : new CelTemporal<TFacts>.Crossing((facts, threshold) =>
        {
            var fault = default(CelFault);
            var value = number(facts, ref fault);
            var crossed = undo(threshold, value);
            var solved = fault.IsSet || !double.IsFinite(crossed) ? null : crossing.Solve(facts, crossed);
            return CelTemporal<TFacts>.Earlier(solved, next?.Invoke(facts));
        });
    }

    private CelTemporal<TFacts>.Step? Calendar(string name, CelTerm<TFacts> moving, CelTerm<TFacts>? zone)
    {
        var now = environment.Now;
        var unit = CelCalendar.Fields[name].Unit;
        if (now is null || moving is not CelTerm<TFacts, DateTimeOffset> timestamp || zone is { IsConstant: false })
        {
            return null;
        }

        var fault = default(CelFault);
        var id = zone?.EvalObject(default!, ref fault) as string ?? "UTC";
        return CelTime.TryZone(id, out var resolved)
            ? new CelTemporal<TFacts>.Step(facts =>
            {
                var none = default(CelFault);
                var value = timestamp.Eval(facts, ref none);
                return none.IsSet || CelTime.NextBoundary(value, resolved, unit) is not { } boundary ? null : now(facts) + (boundary - value);
            })
            : null;
    }

    /// <summary>Movement of the truth of a comparison.</summary>
    private CelTemporal<TFacts>? CompareInTime(CelSyntax.Binary binary, CelTerm<TFacts> left, CelTerm<TFacts> right, int relation)
    {
        var (moving, other) = left.Temporal is CelTemporal<TFacts>.Clock or CelTemporal<TFacts>.Crossing ? (left, right) : (right, left);
        if (moving.Temporal is not (CelTemporal<TFacts>.Clock or CelTemporal<TFacts>.Crossing) || other.Temporal is CelTemporal<TFacts>.Opaque)
        {
            return Combine(binary.Start, left, right);
        }

        var next = (other.Temporal as CelTemporal<TFacts>.Step)?.Next;
        if (other.Temporal is null || next is not null)
        {
            if (moving.Temporal is CelTemporal<TFacts>.Crossing crossing && Number(other) is { } threshold)
            {
                return new CelTemporal<TFacts>.Step(facts =>
                {
                    var fault = default(CelFault);
                    var value = threshold(facts, ref fault);
                    var solved = fault.IsSet || !double.IsFinite(value) ? null : crossing.Solve(facts, value);
                    return CelTemporal<TFacts>.Earlier(solved, next?.Invoke(facts));
                })
                {
                    Passes = Written(other, threshold) is { } written ? new CelTemporal<TFacts>.Passing(moving, crossing, written) : null,
                };
            }

            if (moving.Temporal is CelTemporal<TFacts>.Clock(var direction) && environment.Now is { } now && Ticks(moving) is { } running && Ticks(other) is { } fixedTicks)
            {
                var onLeft = ReferenceEquals(moving, left);
                return new CelTemporal<TFacts>.Step(facts =>
                    CelTemporal<TFacts>.Earlier(ClockChange(facts, now(facts), running, fixedTicks, direction, onLeft ? relation : Mirror(relation)), next?.Invoke(facts)));
            }
        }

        return new CelTemporal<TFacts>.Opaque($"cannot follow `{binary.SpanOf(source)}` in time: both sides of `{binary.Operator}` move; compare each with a value that does not", binary.Start);
    }

    /// <summary>running = direction * now + a constant, so it meets the fixed side `direction * (fixed - running)` from now.</summary>
    private static DateTimeOffset? ClockChange(TFacts facts, DateTimeOffset now, CelReader<TFacts, long> running, CelReader<TFacts, long> fixedTicks, int direction, int relation)
    {
        var fault = default(CelFault);
        var value = running(facts, ref fault);
        var wanted = fixedTicks(facts, ref fault);
        if (fault.IsSet)
        {
            return null;
        }

        var before = direction > 0 ? 0b0001 : 0b0100;
        var after = direction > 0 ? 0b0100 : 0b0001;
        var meets = now.UtcTicks + (direction * (wanted - value));
        var changesAtMeeting = ((relation & before) != 0) != ((relation & 0b0010) != 0);
        var changesAfter = ((relation & 0b0010) != 0) != ((relation & after) != 0);
        if (changesAtMeeting && meets > now.UtcTicks)
        {
            return Instant(meets);
        }

        return changesAfter && meets + 1 > now.UtcTicks ? Instant(meets + 1) : null;

        static DateTimeOffset? Instant(long ticks) =>
            ticks >= DateTime.MinValue.Ticks && ticks <= DateTime.MaxValue.Ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
    }

    /// <summary>The number that is written out; null if it is not, or is none.</summary>
    private static double? Written(CelTerm<TFacts> term, CelReader<TFacts, double> read)
    {
        var fault = default(CelFault);
        return term.IsConstant && read(default!, ref fault) is var value && !fault.IsSet && double.IsFinite(value) ? value : null;
    }

    private static CelReader<TFacts, double>? Number(CelTerm<TFacts> term) => term switch
    {
        CelTerm<TFacts, double> real => real.Eval,
        CelTerm<TFacts, long> whole => (TFacts facts, ref CelFault fault) => whole.Eval(facts, ref fault),
        CelTerm<TFacts, ulong> whole => (TFacts facts, ref CelFault fault) => whole.Eval(facts, ref fault),
        _ => null,
    };

    private static CelReader<TFacts, long>? Ticks(CelTerm<TFacts> term) => term switch
    {
        CelTerm<TFacts, DateTimeOffset> timestamp => (TFacts facts, ref CelFault fault) => timestamp.Eval(facts, ref fault).UtcTicks,
        CelTerm<TFacts, TimeSpan> duration => (TFacts facts, ref CelFault fault) => duration.Eval(facts, ref fault).Ticks,
        _ => null,
    };
}
