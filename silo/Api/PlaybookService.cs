using System.Security.Cryptography;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.InFlight;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Diagnostic = Orchestrator.Grains.Playbooks.Diagnostic;

namespace Orchestrator.Silo.Api;

/// <summary>Playbooks over gRPC: checked here, kept by the tenant's catalog grain.</summary>
/// <param name="store">Where accounts in flight are kept track of; null = nowhere.</param>
public sealed partial class PlaybookService(SiloRuntime runtime, IStore? store = null)
{
    public const int MostBytes = 1024 * 1024;

    public Task<ValidateResponse> Validate(ValidateRequest request, CallContext call)
    {
        var compiled = Compile(request.Text, request.File);
        return Task.FromResult(new ValidateResponse { Diagnostics = { compiled.Diagnostics.Select(Write) } });
    }

    public async Task<PublishResponse> Publish(PublishRequest request, CallContext call)
    {
        request = await DraftedAsync(request, call);
        var compiled = Compile(request.Text, request.File);
        if (compiled.Playbook is not { } playbook)
        {
            var errors = compiled.Diagnostics.Where(d => d.Severity == Severity.Error).ToList();
            var shown = string.Join("\n", errors.Take(20));
            throw new RpcException(StatusCode.InvalidArgument, errors.Count > 20 ? $"{shown}\nand {errors.Count - 20} more" : shown);
        }

        if (compiled.Needs.FirstOrDefault(n => n.Level > runtime.Level) is { } need)
        {
            throw Refusals.StatusOf(new Outcome.Rejected(new Rejection.NeedsLevel($"`{need.What}` ({request.File}:{need.At.Line}:{need.At.Column})", need.Level, runtime.Level)));
        }

        var unknown = request.SignedOffBy.FirstOrDefault(d => playbook.Definition.Departments.All(known => known.Id != d));
        if (unknown is not null)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"`{unknown}` signs off, but is not a department of the playbook");
        }

        var asked = playbook.Definition.Transitions.SelectMany(t => t.AgreedBy.Select(a => (Transition: t.Id, Department: a.Id))).ToList();
        var missing = asked.Where(a => !request.SignedOffBy.Contains(a.Department)).ToList();
        if (missing.Count > 0)
        {
            var by = string.Join(", ", missing.GroupBy(m => m.Department).Select(g => $"`{g.Key}` (for {string.Join(", ", g.Select(m => m.Transition).Distinct())})"));
            throw new RpcException(StatusCode.FailedPrecondition, $"the sign-off of {by} is missing");
        }

        if (store is not null)
        {
            await FlightStatus.RefuseWhileUnderWayAsync(store, (await CatalogAsync(call)).Versions, call.CancellationToken);
        }

        var digest = DigestOf(request.Text);
        var publish = new CatalogCommand.Publish(
            GrainKey.Catalog(Tenants.Default), playbook.Name, request.Text, request.File, digest, [.. request.SignedOffBy.Distinct().Order(StringComparer.Ordinal)], request.ExpectedVersion)
        {
            Draft = request.Draft,
            DraftRevision = request.DraftRevision,
        };
        var outcome = await runtime.AskAsync(publish, call.CancellationToken);
        return outcome is Outcome.Accepted { Answer: Answer.Published published }
            ? new PublishResponse { Version = Write(published.Version), Diagnostics = { compiled.Diagnostics.Select(Write) } }
            : throw Refusals.StatusOf(outcome);
    }

    public async Task<GetResponse> Get(GetRequest request, CallContext call)
    {
        var found = await FindAsync(request.Name, request.Version, call);
        return new GetResponse { Version = Write(found), Text = found.Text };
    }

    public async Task<ContractResponse> Contract(ContractRequest request, CallContext call)
    {
        var found = await FindAsync(request.Name, request.Version, call);
        var definition = PlaybookReader.Read(found.Text, found.File).Definition ?? throw new RpcException(StatusCode.Internal, $"version {found.Version} cannot be read any more");
        return new ContractResponse { Version = Write(found), Stages = { StageContracts.Of(definition, request.Stage) } };
    }

    private async Task<Grains.Playbooks.PlaybookVersion> FindAsync(string name, int version, CallContext call)
    {
        var versions = (await CatalogAsync(call)).Versions;
        var found = version == 0
            ? versions.LastOrDefault(v => name.Length == 0 || v.Name == name)
            : versions.FirstOrDefault(v => v.Version == version && (name.Length == 0 || v.Name == name));
        if (found is not null)
        {
            return found;
        }

        var nearest = Words.Nearest(name, versions.Select(v => v.Name).Distinct());
        throw new RpcException(StatusCode.NotFound, $"no playbook `{name}`{(version > 0 ? $" of version {version}" : "")}{(nearest is null ? "" : $"; did you mean `{nearest}`?")}");
    }

    public async Task<ListResponse> List(ListRequest request, CallContext call) =>
        new() { Versions = { (await CatalogAsync(call)).Versions.Reverse().Select(Write) } };

    private async Task<Catalog> CatalogAsync(CallContext call)
    {
        var key = GrainKey.Catalog(Tenants.Default);
        return (Catalog?)(await runtime.ReadAsync([key], call.CancellationToken))[0] ?? Catalog.Empty(key);
    }

    private static CompileResult Compile(string text, string file)
    {
        if (Encoding.UTF8.GetByteCount(text) > MostBytes)
        {
            throw new RpcException(StatusCode.InvalidArgument, "the text is over 1 MiB");
        }

        return PlaybookCompiler.Compile(text, file.Length > 0 ? file : "playbook.yaml", version: 1);
    }

    internal static V1.Diagnostic Write(Diagnostic diagnostic) => new()
    {
        Severity = diagnostic.Severity switch
        {
            Severity.Error => V1.Diagnostic.Types.Severity.Error,
            Severity.Warning => V1.Diagnostic.Types.Severity.Warning,
        },
        File = diagnostic.File,
        Line = diagnostic.Line,
        Column = diagnostic.Column,
        Path = diagnostic.Path,
        Message = diagnostic.Message,
    };

    private static V1.PlaybookVersion Write(Grains.Playbooks.PlaybookVersion version) => new()
    {
        Name = version.Name,
        Version = version.Version,
        PublishedAt = Timestamp.FromDateTimeOffset(version.PublishedAt),
        SignedOffBy = { version.SignedOffBy },
        Digest = version.Digest,
        Draft = version.Draft,
        DraftRevision = version.DraftRevision,
    };
}
