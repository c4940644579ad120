using System.Globalization;
using System.Xml.Linq;

namespace Cloudreve.Dev.Testing;

/// <summary>The numbers of tests by outcome.</summary>
internal sealed record TestResults(int Passed, int Failed, int Skipped)
{
    /// <summary>Adds two runs.</summary>
    public static TestResults operator +(TestResults a, TestResults b) => new(a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);

    /// <summary>Reads a run from the test platform's result file.</summary>
    /// <param name="file">A TRX file; a project without tests writes none.</param>
    public static TestResults Read(string file)
    {
        if (!File.Exists(file))
            return new TestResults(0, 0, 0);
        var outcomes = XDocument.Load(file).Descendants()
            .Where(element => element.Name.LocalName == "UnitTestResult")
            .Select(element => element.Attribute("outcome")?.Value)
            .ToList();
        var passed = outcomes.Count(outcome => outcome == "Passed");
        var skipped = outcomes.Count(outcome => outcome == "NotExecuted");
        return new TestResults(passed, outcomes.Count - passed - skipped, skipped);
    }

    /// <summary>The line that closes a run.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Passed} passed, {Failed} failed") + (Skipped > 0 ? string.Create(CultureInfo.InvariantCulture, $", {Skipped} skipped") : "");
}
