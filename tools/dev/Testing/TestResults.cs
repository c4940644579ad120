using System.Globalization;
using System.Xml.Linq;

namespace Cloudreve.Dev.Testing;

/// <summary>The numbers of tests by outcome.</summary>
internal sealed record TestResults(int Passed, int Failed, int Skipped)
{
    private const int LongestMessage = 200;

    /// <summary>The names of failed tests, each with the first line of its message.</summary>
    public IReadOnlyList<string> Failures { get; init; } = [];

    /// <summary>Adds two runs.</summary>
    public static TestResults operator +(TestResults a, TestResults b) =>
        new(a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped) { Failures = [.. a.Failures, .. b.Failures] };

    /// <summary>Reads a run from the test platform's result file.</summary>
    /// <param name="file">A TRX file; a project without tests writes none.</param>
    public static TestResults Read(string file)
    {
        if (!File.Exists(file))
            return new TestResults(0, 0, 0);
        var tests = XDocument.Load(file).Descendants()
            .Where(element => element.Name.LocalName == "UnitTestResult")
            .ToLookup(element => element.Attribute("outcome")?.Value switch { "Passed" => Outcome.Passed, "NotExecuted" => Outcome.Skipped, _ => Outcome.Failed });
        return new TestResults(tests[Outcome.Passed].Count(), tests[Outcome.Failed].Count(), tests[Outcome.Skipped].Count())
        {
            Failures = [.. tests[Outcome.Failed].Select(Describe)],
        };
    }

    /// <summary>The line that closes a run.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Passed} passed, {Failed} failed") + (Skipped > 0 ? string.Create(CultureInfo.InvariantCulture, $", {Skipped} skipped") : "");

    private static string Describe(XElement test)
    {
        var name = test.Attribute("testName")?.Value ?? "a test without a name";
        var message = test.Descendants().FirstOrDefault(element => element.Name.LocalName == "Message")?.Value.Split('\n', 2)[0].Trim();
        return message is { Length: > 0 } ? $"{name}: {message[..Math.Min(message.Length, LongestMessage)]}" : name;
    }

    private enum Outcome
    {
        Passed,
        Failed,
        Skipped,
    }
}
