using System.Diagnostics;
using Xunit;

namespace Cloudreve.LocalHost.Tests;

public sealed class InProcessTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Several_workers_of_one_process_serve_at_once()
    {
        var watch = Stopwatch.StartNew();
        var names = Enumerable.Range(0, 4).Select(i => $"worker{i}").ToList();
        var workers = await Task.WhenAll(names.Select(name => InProcessWorker.StartAsync(name, output.WriteLine)));
        output.WriteLine($"{watch.ElapsedMilliseconds} ms");
        try
        {
            var answers = await Task.WhenAll(workers.Select(worker => worker.Client.GetStringAsync("/greet/you")));
            Assert.Equal(names.Select(name => name + " you"), answers);
        }
        finally
        {
            foreach (var worker in workers)
                await worker.DisposeAsync();
        }
        output.WriteLine($"{watch.ElapsedMilliseconds} ms");
    }
}
