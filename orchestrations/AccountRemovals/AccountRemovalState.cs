using Cloudreve.Core.Accounts.Removal;

namespace Cloudreve.Orchestrations.AccountRemovals;

/// <summary>The progress of the removal of an account. The first input contains only the removal.</summary>
/// <param name="IsLast">True if work in progress has had time to end.</param>
/// <param name="Failures">Number of consecutive rounds that failed.</param>
public sealed record AccountRemovalState(AccountRemovalReference Removal, bool IsLast = false, int Failures = 0);

/// <summary>The end of a removal.</summary>
/// <param name="Error">The error that ended it; null for none.</param>
public sealed record FinishAccountRemovalInput(AccountRemovalReference Removal, string? Error);
