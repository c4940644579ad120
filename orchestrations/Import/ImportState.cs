using System.Text.Json.Serialization;
using Cloudreve.Core.Imports;

namespace Cloudreve.Orchestrations.Import;

/// <summary>State of an import between its rounds. The first input contains only the task.</summary>
/// <param name="Round">Number of the next round; 0 before the task has begun.</param>
/// <param name="Sum">The totals of all rounds before; null for none.</param>
/// <param name="FirstFailures">The first failures; null for none.</param>
public sealed record ImportState(
    ImportTaskReference Task, int Round = 0, ImportTotals? Sum = null, IReadOnlyList<ImportFailure>? FirstFailures = null)
{
    private const int MaxFailures = 20;

    /// <summary>The sum of all earlier rounds.</summary>
    [JsonIgnore]
    public ImportTotals Totals => Sum ?? ImportTotals.Zero;

    /// <summary>The first failures.</summary>
    [JsonIgnore]
    public IReadOnlyList<ImportFailure> Failures => FirstFailures ?? [];

    /// <summary>The state after a round.</summary>
    /// <param name="results">The results of the round's groups.</param>
    public ImportState After(IReadOnlyList<ImportGroupResult> results) => this with
    {
        Round = Round + 1,
        Sum = results.Aggregate(Totals, static (sum, r) => sum.Add(r.Totals)),
        FirstFailures = [.. Failures.Concat(results.SelectMany(r => r.Failures)).Take(MaxFailures)],
    };
}
