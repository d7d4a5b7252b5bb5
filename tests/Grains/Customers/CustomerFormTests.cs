using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Health;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;
using Google.Protobuf;
using Xunit;
using Clause = Orchestrator.Grains.Stages.Clause;

namespace Orchestrator.Grains.Tests.Customers;

/// <summary>Every case of the customer's facts goes through its stored form and changes the state as the one read back does.</summary>
public sealed class CustomerFormTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 2, 10, 0, 0, 123, TimeSpan.Zero);
    private static readonly Clause[] Evidence = [new("a > 1", true, "a = 2")];

    public static TheoryData<CustomerEvent> Events =>
    [
        new CustomerEvent.MilestonesStarted("set", At),
        new CustomerEvent.MilestoneReached("set", "one", At, At.AddDays(-3), "s1", Evidence, 2),
        new CustomerEvent.MilestoneOverdue("set", "one", At),
        new CustomerEvent.Purchased(At, 1234.5),
        new CustomerEvent.Answered(new SurveyAnswer("nps", "c-1", 9, At, "survey.answered")),
        new CustomerEvent.ContractSigned(At, 100, At.AddDays(365)),
        new CustomerEvent.ContractSigned(At, null, null),
        new CustomerEvent.ExpansionPhaseChanged(true, At, Evidence),
        new CustomerEvent.ExpansionPhaseChanged(false, At, []),
        new CustomerEvent.ExpansionTriggered("seats", At, "opportunity.opened", "x-1", Evidence),
        new CustomerEvent.ReferredBy("a-2", At),
        new CustomerEvent.ReferralMade("c-1", "a-3", At),
        new CustomerEvent.SelfServiceTried("course", At),
        new CustomerEvent.SelfServiceSolved("course", true, At, TimeSpan.FromMinutes(30)),
    ];

    [Theory]
    [MemberData(nameof(Events))]
    public void A_customers_fact_comes_back_from_its_stored_form(CustomerEvent made)
    {
        var bytes = CustomerForm.Write(made).ToByteArray();
        var read = CustomerForm.Read(StoredCustomerEvent.Parser.ParseFrom(bytes));
        Assert.Equal(made.GetType(), read.GetType());
        Assert.Equal(bytes, CustomerForm.Write(read).ToByteArray());
        Assert.Equal(CustomerForm.Write(Customer.Evolve(Customer.New, made)), CustomerForm.Write(Customer.Evolve(Customer.New, read)));
        var before = Customer.New with { ExpandingSince = At.AddDays(-1) };
        Assert.NotEqual(CustomerForm.Write(before), CustomerForm.Write(Customer.Evolve(before, made)));
    }

    [Fact]
    public void Every_case_is_among_them() =>
        Assert.Equal(typeof(CustomerEvent).GetNestedTypes().Select(t => t.Name).Order(), Events.Select(e => ((ITheoryDataRow)e).GetData()[0]!.GetType().Name).Distinct().Order());

    [Fact]
    public void A_form_of_a_later_version_is_refused_not_guessed() => Assert.Throws<InvalidDataException>(() => CustomerForm.Read(new StoredCustomerEvent()));
}
