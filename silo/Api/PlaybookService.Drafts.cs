using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Api;

public sealed partial class PlaybookService
{
    private const int LongestName = 100;

    public async Task<SaveDraftResponse> SaveDraft(SaveDraftRequest request, CallContext call)
    {
        if (!DraftName().IsMatch(request.Name) || request.Name.Length > LongestName)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"`{request.Name}` is no name of a draft; a name has letters a-z, digits, `-`, `_` and `.`, at most {LongestName}, and begins with a letter or digit");
        }

        RefuseAuthor(request.Author);
        if (request.ExpectedRevision < 0)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"`expected_revision` must be 0 for a new draft, or a revision from 1; it is {request.ExpectedRevision}");
        }

        var compiled = Compile(request.Text, request.File);
        var save = new CatalogCommand.SaveDraft(
            GrainKey.Catalog(Tenants.Default), request.Name, request.Text, request.File, DigestOf(request.Text), request.Author, request.BaseVersion, request.ExpectedRevision);
        var outcome = await runtime.AskAsync(save, call.CancellationToken);
        if (outcome is not Outcome.Accepted { Answer: Answer.Drafted saved })
        {
            throw Refusals.StatusOf(outcome);
        }

        var draft = Found(await CatalogAsync(call), request.Name);
        var revision = draft.Revisions.FirstOrDefault(r => r.Number == saved.Revision) ?? draft.Latest;
        return new SaveDraftResponse { Draft = Write(draft, revision, history: false), Diagnostics = { compiled.Diagnostics.Select(Write) } };
    }

    public async Task<GetDraftResponse> GetDraft(GetDraftRequest request, CallContext call)
    {
        var draft = Found(await CatalogAsync(call), request.Name);
        var revision = request.Revision == 0 ? draft.Latest : draft.Revisions.FirstOrDefault(r => r.Number == request.Revision);
        if (revision is null || (revision.Text.Length == 0 && revision.Digest != DigestOf("")))
        {
            throw new RpcException(StatusCode.NotFound, $"revision {request.Revision} of draft `{request.Name}` {(request.Revision > draft.Latest.Number ? $"is not there yet, the latest is {draft.Latest.Number}" : $"is not kept any more, only the latest {Grains.Playbooks.Draft.MostTexts} are")}");
        }

        return new GetDraftResponse { Draft = Write(draft, revision, history: true), Text = revision.Text, Diagnostics = { Compile(revision.Text, revision.File).Diagnostics.Select(Write) } };
    }

    public async Task<ListDraftsResponse> ListDrafts(ListDraftsRequest request, CallContext call) =>
        new() { Drafts = { (await CatalogAsync(call)).Drafts.Select(d => Write(d, d.Latest, history: false)) } };

    public async Task<DeleteDraftResponse> DeleteDraft(DeleteDraftRequest request, CallContext call)
    {
        RefuseAuthor(request.Author);
        var outcome = await runtime.AskAsync(new CatalogCommand.DeleteDraft(GrainKey.Catalog(Tenants.Default), request.Name, request.Author, request.ExpectedRevision), call.CancellationToken);
        return outcome is Outcome.Accepted ? new() : throw Refusals.StatusOf(outcome);
    }

    /// <summary>The request with the text of the draft that it names; as it is if it names none.</summary>
    private async Task<PublishRequest> DraftedAsync(PublishRequest request, CallContext call)
    {
        if (request.Draft.Length == 0)
        {
            return request;
        }

        if (request.Text.Length > 0)
        {
            throw new RpcException(StatusCode.InvalidArgument, "both `text` and `draft` are set: one of them must say what is published");
        }

        var catalog = await CatalogAsync(call);
        var draft = Found(catalog, request.Draft);
        var latest = catalog.Versions.Length;
        if (request.ExpectedVersion == 0 && draft.BaseVersion != latest && !(draft.PublishedVersion == latest && draft.PublishedRevision == draft.Latest.Number))
        {
            throw new RpcException(
                StatusCode.Aborted,
                $"draft `{draft.Name}` was begun from version {draft.BaseVersion}, and the latest is {latest}: look at what changed, save the draft with that base version, then publish again");
        }

        var drafted = request.Clone();
        drafted.Text = draft.Latest.Text;
        drafted.File = draft.Latest.File;
        drafted.ExpectedVersion = request.ExpectedVersion == 0 ? latest : request.ExpectedVersion;
        drafted.DraftRevision = request.DraftRevision == 0 ? draft.Latest.Number : request.DraftRevision;
        return drafted.DraftRevision == draft.Latest.Number
            ? drafted
            : throw Refusals.StatusOf(new Outcome.Rejected(new Rejection.StaleDraft(draft.Name, draft.Latest.Author, drafted.DraftRevision, draft.Latest.Number)));
    }

    private static Grains.Playbooks.Draft Found(Catalog catalog, string name) => catalog.DraftOf(name)
        ?? throw Refusals.StatusOf(new Outcome.Rejected(new Rejection.NoSuchDraft(name, Words.Nearest(name, catalog.Drafts.Select(d => d.Name)))));

    private static void RefuseAuthor(string author)
    {
        if (string.IsNullOrWhiteSpace(author) || Encoding.UTF8.GetByteCount(author) > LongestName)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"`author` must say in 1 to {LongestName} bytes who it is, found `{author}`");
        }
    }

    private static string DigestOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static V1.Draft Write(Grains.Playbooks.Draft draft, Grains.Playbooks.DraftRevision revision, bool history) => new()
    {
        Name = draft.Name,
        Revision = revision.Number,
        Author = revision.Author,
        SavedAt = Timestamp.FromDateTimeOffset(revision.At),
        BaseVersion = draft.BaseVersion,
        Digest = revision.Digest,
        File = revision.File,
        PublishedVersion = draft.PublishedVersion,
        PublishedRevision = draft.PublishedRevision,
        History = { history ? draft.Revisions.Reverse().Select(Write) : [] },
    };

    private static V1.DraftRevision Write(Grains.Playbooks.DraftRevision revision) => new()
    {
        Revision = revision.Number,
        Author = revision.Author,
        SavedAt = Timestamp.FromDateTimeOffset(revision.At),
        Digest = revision.Digest,
        Kept = revision.Text.Length > 0,
    };

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex DraftName();
}
