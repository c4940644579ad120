using System.Globalization;

namespace Cloudreve.Load;

/// <summary>Writes what a run has measured.</summary>
internal static class LoadReport
{
    public static IEnumerable<string> Of(LoadRun run)
    {
        yield return string.Create(
            CultureInfo.InvariantCulture, $"  {run.RequestsPerSecond:F1} requests/s, {run.TransactionsPerRequest:F1} storage requests for each, those of timers and of the host included");
        yield return $"  {"operation",-28} {"requests",8} {"p50 ms",8} {"p99 ms",8}  results";
        foreach (var (operation, record) in run.Recorder.Operations.OrderByDescending(o => o.Value.Count))
        {
            var results = string.Join(", ", record.Results.OrderByDescending(r => r.Value).Select(r => $"{r.Key}: {r.Value}"));
            yield return $"  {operation,-28} {record.Count,8} {record.Percentile(0.5),8:F0} {record.Percentile(0.99),8:F0}  {results}";
        }
        if (run.Leftovers > 0)
            yield return $"  {run.Leftovers} id rows belong to no entry: what was cut off before it had a name";
        foreach (var difference in run.Differences.All)
            yield return "  DIFFERENCE " + difference;
        yield return run.Differences.All.Count == 0 ? "  every drive is as its clients know it" : $"  {run.Differences.All.Count} differences";
    }
}
