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

        var results = TestResults.Read(_file);

        Assert.Equal((2, 2, 1), (results.Passed, results.Failed, results.Skipped));
    }

    [Fact]
    public void Given_failed_tests_of_two_runs_when_added_then_all_are_named()
    {
        Write("Passed", "Failed", "Timeout");

        var results = TestResults.Read(_file);

        Assert.Equal(["test 2", "test 3", "test 2", "test 3"], (results + results).Failures);
    }

    [Fact]
    public void Given_no_result_file_when_read_then_nothing_has_run() =>
        Assert.Equal("0 passed, 0 failed", TestResults.Read(_file + ".missing").ToString());

    [Fact]
    public void Given_a_failed_test_with_a_message_when_read_then_its_first_line_is_told()
    {
        File.WriteAllText(
            _file,
            "<TestRun><UnitTestResult testName=\"a\" outcome=\"Failed\"><Output><ErrorInfo><Message>one\ntwo</Message></ErrorInfo></Output></UnitTestResult></TestRun>");

        Assert.Equal(["a: one"], TestResults.Read(_file).Failures);
    }

    [Theory]
    [InlineData(12, 0, 0, "12 passed, 0 failed")]
    [InlineData(12, 1, 2, "12 passed, 1 failed, 2 skipped")]
    public void Given_a_sum_when_printed_then_it_is_the_closing_line(int passed, int failed, int skipped, string line) =>
        Assert.Equal(line, new TestResults(passed, failed, skipped).ToString());

    public void Dispose() => File.Delete(_file);

    private void Write(params string[] outcomes) => File.WriteAllText(
        _file,
        "<TestRun xmlns=\"http://microsoft.com/schemas/VisualStudio/TeamTest/2010\"><Results>"
        + string.Concat(outcomes.Select((outcome, index) => $"<UnitTestResult testName=\"test {index + 1}\" outcome=\"{outcome}\" />"))
        + "</Results></TestRun>");
}
