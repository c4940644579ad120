using System.Diagnostics;
using System.Net;

namespace Cloudreve.Benchmarks.Http;

/// <summary>An address that is requested as fast as it responds.</summary>
/// <param name="Client">The client to ask with.</param>
/// <param name="Address">Path and query.</param>
internal sealed record LoadTarget(string Name, HttpClient Client, string Address)
{
    /// <summary>Asks for some time.</summary>
    /// <param name="concurrency">The number of requests at any time.</param>
    /// <param name="duration">The duration after which to stop.</param>
    /// <param name="result">Takes what was measured.</param>
    /// <exception cref="BenchmarkException">A response is not a success.</exception>
    public async Task RunAsync(int concurrency, TimeSpan duration, LoadResult result)
    {
        var clock = Stopwatch.StartNew();
        var latencies = await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Run(() => RepeatAsync(clock, duration))));
        result.Add(latencies.SelectMany(times => times), clock.Elapsed);
    }

    private async Task<List<double>> RepeatAsync(Stopwatch clock, TimeSpan duration)
    {
        var latencies = new List<double>();
        while (clock.Elapsed < duration)
        {
            var start = clock.Elapsed;
            await AskAsync();
            latencies.Add((clock.Elapsed - start).TotalMilliseconds);
        }
        return latencies;
    }

    private async Task AskAsync()
    {
        using var answer = await Client.GetAsync(new Uri(Address, UriKind.Relative));
        if (answer.StatusCode != HttpStatusCode.OK)
            throw new BenchmarkException($"{Address} answered {(int)answer.StatusCode}.");
    }
}
