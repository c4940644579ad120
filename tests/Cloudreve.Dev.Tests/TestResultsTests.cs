using Cloudreve.Dev.Testing;
using Xunit;

namespace Cloudreve.Dev.Tests;

public sealed class TestResultsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void Given_every_kind_of_outcome_when_read_then_only_passed_and_not_executed_are_no_failures()
    {
        Write("Passed", "Passed", "Failed", "NotExecuted", "Timeout");

        Assert.Equal(new TestResults(2, 2, 1), TestResults.Read(_file));
    }

    [Fact]
    public void Given_no_result_file_when_read_then_nothing_has_run() =>
        Assert.Equal(new TestResults(0, 0, 0), TestResults.Read(_file + ".missing"));

    [Theory]
    [InlineData(12, 0, 0, "12 passed, 0 failed")]
    [InlineData(12, 1, 2, "12 passed, 1 failed, 2 skipped")]
    public void Given_a_sum_when_printed_then_it_is_the_closing_line(int passed, int failed, int skipped, string line) =>
        Assert.Equal(line, new TestResults(passed, failed, skipped).ToString());

    public void Dispose() => File.Delete(_file);

    private void Write(params string[] outcomes) => File.WriteAllText(
        _file,
        "<TestRun xmlns=\"http://microsoft.com/schemas/VisualStudio/TeamTest/2010\"><Results>"
        + string.Concat(outcomes.Select(outcome => $"<UnitTestResult outcome=\"{outcome}\" />"))
        + "</Results></TestRun>");
}
