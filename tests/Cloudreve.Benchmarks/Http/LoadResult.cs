namespace Cloudreve.Benchmarks.Http;

/// <summary>The measurements of one target at one concurrency, over all rounds.</summary>
internal sealed class LoadResult
{
    private readonly List<double> _latencies = [];
    private TimeSpan _duration;

    public double RequestsPerSecond => _latencies.Count / _duration.TotalSeconds;

    /// <summary>The median latency in milliseconds.</summary>
    public double Median => Percentile(0.5);

    /// <summary>The latency in milliseconds that one of a hundred requests exceeds.</summary>
    public double Percentile99 => Percentile(0.99);

    /// <summary>Adds a round.</summary>
    public void Add(IEnumerable<double> latencies, TimeSpan duration)
    {
        _latencies.AddRange(latencies);
        _duration += duration;
    }

    private double Percentile(double part) => _latencies.Order().ElementAt((int)((_latencies.Count - 1) * part));
}
