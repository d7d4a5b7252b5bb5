namespace Orchestrator.Grains.Conditions;

/// <summary>A name that conditions may use.</summary>
/// <param name="Name">The dotted path, such as `score.engagement`.</param>
/// <param name="Term">Its type, reader and movement in time.</param>
/// <param name="Tags">What it depends on, such as `score:engagement`; may be empty.</param>
public sealed record CelVariable<TFacts>(string Name, CelTerm<TFacts> Term, IReadOnlyList<string> Tags);

/// <summary>Names under a prefix that are made on demand, such as the properties of declared signals.</summary>
/// <param name="Prefix">Ends with a dot: `signal.`.</param>
/// <param name="Resolve">Gets the whole dotted path, gives the variable or null if there is none.</param>
/// <param name="KnownNames">Whole dotted paths, for suggestions.</param>
public sealed record CelVariableProvider<TFacts>(string Prefix, Func<string, CelVariable<TFacts>?> Resolve, Func<IEnumerable<string>> KnownNames);

/// <summary>The names, types and functions that expressions over <typeparamref name="TFacts"/> may use. Immutable.</summary>
public sealed class CelEnvironment<TFacts>
{
    private readonly Dictionary<string, CelVariable<TFacts>> variables;
    private readonly CelVariableProvider<TFacts>[] providers;
    private readonly Dictionary<string, List<CelFunction<TFacts>>> functions;

    internal CelEnvironment(
        Dictionary<string, CelVariable<TFacts>> variables,
        CelVariableProvider<TFacts>[] providers,
        Dictionary<string, List<CelFunction<TFacts>>> functions,
        Func<TFacts, DateTimeOffset>? now)
    {
        this.variables = variables;
        this.providers = providers;
        this.functions = functions;
        Now = now;
    }

    /// <summary>Reads facts' now; null if the environment has no time.</summary>
    internal Func<TFacts, DateTimeOffset>? Now { get; }

    /// <summary>All names of variables, those of providers included; sorted.</summary>
    public IEnumerable<string> VariableNames =>
        variables.Keys.Concat(providers.SelectMany(provider => provider.KnownNames())).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>All names of bound functions; sorted. The standard library is apart.</summary>
    public IEnumerable<string> FunctionNames => functions.Keys.Order(StringComparer.Ordinal);

    /// <summary>Parses, checks and compiles an expression.</summary>
    /// <param name="source">The expression.</param>
    /// <param name="expected">The type it must have; null if any will do. A bool condition must be solvable in time (see the README).</param>
    /// <param name="requireNextChange">False to accept a bool that moves in a way that cannot be solved.</param>
    /// <returns>A program, or at least one error.</returns>
    public CelCompilation<TFacts> Compile(string source, CelType? expected = null, bool requireNextChange = true) =>
        CelCompiler<TFacts>.Compile(this, source, expected, requireNextChange);

    internal CelVariable<TFacts>? FindVariable(string path)
    {
        if (variables.TryGetValue(path, out var variable))
        {
            return variable;
        }

        foreach (var provider in providers)
        {
            if (path.StartsWith(provider.Prefix, StringComparison.Ordinal) && provider.Resolve(path) is { } provided)
            {
                return provided;
            }
        }

        return null;
    }

    internal IReadOnlyList<CelFunction<TFacts>> FindFunctions(string name) =>
        functions.TryGetValue(name, out var found) ? found : [];

    /// <summary>Collects names; build once, share the result.</summary>
    public sealed class Builder
    {
        private readonly Dictionary<string, CelVariable<TFacts>> variables = new(StringComparer.Ordinal);
        private readonly List<CelVariableProvider<TFacts>> providers = [];
        private readonly Dictionary<string, List<CelFunction<TFacts>>> functions = new(StringComparer.Ordinal);
        private Func<TFacts, DateTimeOffset>? clock;

        /// <summary>Declares `now`, which runs with the clock and carries the tag `time`.</summary>
        public Builder Now(Func<TFacts, DateTimeOffset> now)
        {
            clock = now;
            return Variable("now", CelTerms.Timestamp((TFacts facts, ref CelFault _) => now(facts), new CelTemporal<TFacts>.Clock(1)), "time");
        }

        /// <summary>Declares a variable.</summary>
        /// <exception cref="ArgumentException">The name is taken.</exception>
        public Builder Variable(string name, CelTerm<TFacts> term, params string[] tags)
        {
            variables.Add(name, new CelVariable<TFacts>(name, term, tags));
            return this;
        }

        /// <summary>Declares names that are made on demand; declared variables win, then providers in order.</summary>
        public Builder Provider(CelVariableProvider<TFacts> provider)
        {
            providers.Add(provider);
            return this;
        }

        /// <summary>Declares one overload of a function; several may share a name, the first whose parameters fit is bound.</summary>
        /// <param name="name">
        /// Global or dotted: `quiet_for`, `signals.count`. With `().` it is a field of a call's result: `answer().at` is bound with the arguments of `answer`.
        /// </param>
        /// <param name="parameters">Types that the arguments must agree with.</param>
        /// <param name="bind">Called once for each use, while compiling.</param>
        public Builder Function(string name, IReadOnlyList<CelType> parameters, CelBinder<TFacts> bind)
        {
            if (!functions.TryGetValue(name, out var overloads))
            {
                functions[name] = overloads = [];
            }

            overloads.Add(new CelFunction<TFacts>(name, parameters, bind));
            return this;
        }

        public CelEnvironment<TFacts> Build() => new(
            new Dictionary<string, CelVariable<TFacts>>(variables, StringComparer.Ordinal),
            [.. providers],
            functions.ToDictionary(pair => pair.Key, pair => pair.Value.ToList(), StringComparer.Ordinal),
            clock);
    }
}
