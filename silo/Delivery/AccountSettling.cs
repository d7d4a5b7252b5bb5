using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Delivery;

/// <summary>Takes settlements to the account grains.</summary>
internal sealed class AccountSettling(SiloRuntime runtime) : ISettle
{
    public async ValueTask<SettleAnswer> SettleAsync(GrainKey account, string actionId, Settlement settlement, CancellationToken cancel) =>
        await runtime.AskAsync(new AccountCommand.Settle(account, actionId, settlement), cancel) switch
        {
            Outcome.Accepted { Answer: Answer.Settled settled } => settled.Result switch
            {
                SettleResult.Settled => SettleAnswer.Settled.Instance,
                SettleResult.AlreadySettled => SettleAnswer.AlreadySettled.Instance,
                SettleResult.Unknown => SettleAnswer.Unknown.Instance,
            },
            Outcome.Overloaded overloaded => new SettleAnswer.Overloaded(overloaded.RetryAfter),
            Outcome.Unavailable unavailable => new SettleAnswer.Unavailable(unavailable.Reason),
            Outcome.Rejected { Rejection: Rejection.BadAnswer bad } => new SettleAnswer.Refused(bad.Why),
            Outcome.Rejected rejected => new SettleAnswer.Unavailable(Api.Refusals.Describe(rejected.Rejection)),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}
