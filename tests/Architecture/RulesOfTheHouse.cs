using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Xunit;

namespace Orchestrator.Architecture.Tests;

/// <summary>The walls of DESIGN.md and STYLE.md that a build alone does not hold.</summary>
public sealed class RulesOfTheHouse
{
    private static readonly Assembly Grains = typeof(GrainTurn).Assembly;

    /// <summary>Roots whose cases are nested one level down, in a hierarchy of their own for each kind of grain.</summary>
    private static readonly Type[] Families = [typeof(GrainEvent), typeof(GrainCommand), typeof(GrainState)];

    public static TheoryData<Type> ClosedHierarchies => [.. Grains.GetTypes().Where(t => t.IsAbstract && !t.IsSealed && !t.IsInterface && IsRecord(t) && !Families.Contains(t)).OrderBy(t => t.FullName, StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(ClosedHierarchies))]
    public void A_choice_is_closed_its_cases_are_nested_and_sealed(Type parent)
    {
        var cases = Grains.GetTypes().Where(t => Ancestors(t).Contains(parent)).ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, one => Assert.True((one.IsSealed && one.DeclaringType == parent) || one is { IsAbstract: true }, $"{one} must be sealed and nested in {parent.Name}"));
        if (!parent.IsVisible)
        {
            return;
        }

        Assert.All(parent.GetConstructors(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public).Where(c => c.GetParameters() is not [var p] || p.ParameterType.Name != parent.Name), c => Assert.True(c.IsPrivate, $"the constructor of {parent.Name} must be private"));
    }

    [Fact]
    public void Events_commands_and_states_are_known_to_their_families()
    {
        Assert.True(ClosedHierarchies.Count > 10, "the search for closed hierarchies finds too few");
        foreach (var family in Families)
        {
            Assert.All(Grains.GetTypes().Where(t => t != family && family.IsAssignableFrom(t)), t => Assert.True(t.IsSealed || t.IsAbstract, t.FullName));
        }
    }

    [Fact]
    public void Every_case_of_an_account_command_says_what_it_needs_before_it_is_judged()
    {
        var nobody = new Nobody();
        foreach (var one in typeof(AccountCommand).GetNestedTypes().Where(t => t.IsSealed))
        {
            var command = (GrainCommand)RuntimeHelpers.GetUninitializedObject(one);
            var missing = new List<GrainKey>();
            GrainTurn.Need(command, nobody, missing);
            Assert.Single(missing);
        }
    }

    [Fact]
    public void Grains_keep_no_public_state_that_can_change()
    {
        foreach (var type in Grains.GetTypes().Where(t => t.IsPublic || t.IsNestedPublic))
        {
            Assert.All(type.GetFields(BindingFlags.Static | BindingFlags.Public), f => Assert.True(f.IsInitOnly || f.IsLiteral, $"{type.Name}.{f.Name} can be set"));
            Assert.All(type.GetProperties(BindingFlags.Static | BindingFlags.Public), p => Assert.True(p.SetMethod is null, $"{type.Name}.{p.Name} can be set"));
            Assert.All(type.GetFields(BindingFlags.Static | BindingFlags.Public), f => Assert.False(f.FieldType.IsArray, $"{type.Name}.{f.Name} is an array: its items can be set"));
        }
    }

    [Fact]
    public void Grains_do_nothing_asynchronously()
    {
        var methods = Grains.GetTypes().SelectMany(t => t.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly));
        Assert.All(methods, m => Assert.Null(m.GetCustomAttribute<AsyncStateMachineAttribute>()));
    }

    [Theory]
    [InlineData("protos/Orchestrator.Protos.csproj")]
    [InlineData("grains/Orchestrator.Grains.csproj", "protos")]
    [InlineData("silo/Orchestrator.Silo.csproj", "protos", "grains")]
    [InlineData("clients/dotnet/Orchestrator.Client.csproj", "protos")]
    [InlineData("clients/cli/Orchestrator.Cli.csproj", "protos", "clients")]
    [InlineData("clients/load/Orchestrator.Load.csproj", "protos", "clients")]
    public void References_point_inwards_only(string project, params string[] allowed)
    {
        var file = Path.Combine(Root, project);
        var references = XDocument.Load(file).Descendants("ProjectReference")
            .Select(r => Path.GetRelativePath(Root, Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, (string)r.Attribute("Include")!))).Split(Path.DirectorySeparatorChar)[0]);
        Assert.All(references, folder => Assert.Contains(folder, allowed));
    }

    [Fact]
    public void No_project_outside_of_tests_refers_to_tests_or_deploy()
    {
        var projects = Directory.EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories).Where(p => !Path.GetRelativePath(Root, p).StartsWith("tests", StringComparison.Ordinal)).ToList();
        Assert.True(projects.Count >= 5, "too few projects found");
        Assert.All(projects, p => Assert.DoesNotMatch("ProjectReference[^>]*(/|\\\\)(tests|deploy)(/|\\\\)", File.ReadAllText(p)));
    }

    [Fact]
    public void The_domain_reads_no_clock_draws_no_numbers_and_touches_no_disk()
    {
        // The analyzer forbids these at build; this holds should it be switched off: what the assembly does not refer to, it cannot call.
        var banned = new[] { "System.Net.Http", "System.IO.FileSystem", "System.Threading.Tasks.Parallel", "System.Console", "System.Diagnostics.Process", "Microsoft.Data.Sqlite", "System.Net.Sockets" };
        Assert.Empty(Grains.GetReferencedAssemblies().Select(a => a.Name).Intersect(banned));
        Assert.Contains("T:System.Random;", File.ReadAllText(Path.Combine(Root, "grains", "BannedSymbols.txt")), StringComparison.Ordinal);
        Assert.Contains("BannedSymbols.txt", File.ReadAllText(Path.Combine(Root, "grains", "Orchestrator.Grains.csproj")), StringComparison.Ordinal);
    }

    internal static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orchestrator.sln")))
            {
                return folder.FullName;
            }
        }

        throw new FileNotFoundException("no Orchestrator.sln above the tests");
    }

    private static IEnumerable<Type> Ancestors(Type type)
    {
        for (var one = type.BaseType; one is not null; one = one.BaseType)
        {
            yield return one.IsGenericType ? one.GetGenericTypeDefinition() : one;
        }
    }

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null;

    private sealed class Nobody : IGrains
    {
        public bool TryGet(GrainKey key, out GrainState? state)
        {
            state = null;
            return false;
        }
    }
}
