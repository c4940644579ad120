using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.DurableTask.Tests.Determinism;

public sealed class OrchestratorSourceTests
{
    [Fact]
    public void Given_the_products_orchestrators_when_their_sources_are_read_then_they_are_deterministic()
    {
        var sources = Directory.EnumerateFiles(WorkflowsFolder(), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(File.ReadAllText)
            .ToList();

        Assert.NotEmpty(OrchestratorSourceRules.Orchestrators(sources));
        Assert.Empty(OrchestratorSourceRules.Breaches(sources));
    }

    [Theory]
    [InlineData("var t = DateTime.Now;")]
    [InlineData("var t = System.DateTime.UtcNow;")]
    [InlineData("var t = DateTimeOffset.UtcNow;")]
    [InlineData("var t = global::System.DateTime.Today;")]
    [InlineData("var t = TimeProvider.System.GetUtcNow();")]
    [InlineData("var t = Stopwatch.StartNew();")]
    [InlineData("var g = Guid.NewGuid();")]
    [InlineData("var g = Guid.CreateVersion7();")]
    [InlineData("var r = new Random();")]
    [InlineData("Random r = new();")]
    [InlineData("var r = Random.Shared.Next();")]
    [InlineData("var r = RandomNumberGenerator.GetInt32(5);")]
    [InlineData("await Task.Run(() => 1);")]
    [InlineData("await Task.Delay(5);")]
    [InlineData("await Task.Factory.StartNew(() => 1);")]
    [InlineData("await context.CallActivityAsync(\"a\").ConfigureAwait(false);")]
    [InlineData("await context.CallActivityAsync(\"a\").WaitAsync(TimeSpan.Zero);")]
    [InlineData("Thread.Sleep(1);")]
    [InlineData("var text = File.ReadAllText(\"f\");")]
    [InlineData("using HttpClient client = new();")]
    [InlineData("var v = Environment.GetEnvironmentVariable(\"v\");")]
    [InlineData("await foreach (var x in input) { }")]
    [InlineData("lock (this) { }")]
    [InlineData("Func<Task> later = async () => await Task.Delay(1);")]
    public void Given_code_that_is_not_deterministic_when_an_orchestrator_holds_it_then_it_is_found(string code)
    {
        var breaches = OrchestratorSourceRules.Breaches($$"""
            internal sealed class Flow : TaskOrchestrator<int, int>
            {
                public override async Task<int> RunAsync(TaskOrchestrationContext context, int input) { {{code}} return 1; }
            }
            """);

        Assert.NotEmpty(breaches);
    }

    [Theory]
    [InlineData("class Flow(HttpClient client) : TaskOrchestrator<int, int>;")]
    [InlineData("class Flow : TaskOrchestrator<int, int> { private readonly TimeProvider? _clock; }")]
    [InlineData("abstract class Base : Cloudreve.DurableTask.TaskOrchestrator<int, int>; class Flow : Base { int Now() => DateTime.Now.Day; }")]
    [InlineData("partial class Flow : TaskOrchestrator<int, int>; partial class Flow { int Now() => DateTime.Now.Day; }")]
    [InlineData("class Flow : TaskOrchestrator<int, int> { class Inner { int Now() => DateTime.Now.Day; } }")]
    public void Given_an_orchestrator_of_any_shape_when_it_is_not_deterministic_then_it_is_found(string source) =>
        Assert.NotEmpty(OrchestratorSourceRules.Breaches(source));

    [Theory]
    [InlineData("class Flow : TaskOrchestrator<int, int> { DateTime Now(TaskOrchestrationContext c) => c.CurrentUtcDateTime; Guid Id(TaskOrchestrationContext c) => c.NewGuid(); }")]
    [InlineData("class Flow : TaskOrchestrator<int, int> { Task All(Task[] t) => Task.WhenAll(t); }")]
    [InlineData("class Work : TaskActivity<int, int> { DateTime Now() => DateTime.Now; }")]
    public void Given_code_that_is_fine_when_it_is_read_then_nothing_is_found(string source) =>
        Assert.Empty(OrchestratorSourceRules.Breaches(source));

    private static string WorkflowsFolder() => Path.Combine(AzuriteServer.RepositoryRoot, "orchestrations", "Workflows");
}
