using Cloudreve.Core.Accounts.Removal;

namespace Cloudreve.Orchestrations.AccountRemovals;

/// <summary>The progress of the removal of an account. The first input names the removal alone.</summary>
/// <param name="Removal">The removal.</param>
/// <param name="IsLast">Whether what was under way has had its time to end.</param>
/// <param name="Failures">How many rounds failed one after the other.</param>
public sealed record AccountRemovalState(AccountRemovalReference Removal, bool IsLast = false, int Failures = 0);

/// <summary>The end of a removal.</summary>
/// <param name="Removal">The removal.</param>
/// <param name="Error">What kept it from its end; null when nothing did.</param>
public sealed record FinishAccountRemovalInput(AccountRemovalReference Removal, string? Error);
