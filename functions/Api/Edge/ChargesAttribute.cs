using Cloudreve.Core.Accounts.SignIns;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Declares that each call of an HTTP function counts against a budget of its client (<see cref="ClientBudgets"/>), whatever the outcome.
/// Past the budget the answer is 429 before the function runs.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ChargesAttribute(ClientBudget budget) : Attribute
{
    /// <summary>The budget.</summary>
    public ClientBudget Budget { get; } = budget;
}
