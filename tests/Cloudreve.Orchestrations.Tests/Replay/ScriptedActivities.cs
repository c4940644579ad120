using System.Text.Json;
using Microsoft.DurableTask.Protobuf;

namespace Cloudreve.Orchestrations.Tests.Replay;

/// <summary>Activities that answer what a test says, and remember what they were called with.</summary>
internal sealed class ScriptedActivities : IActivityRunner
{
    private readonly Dictionary<string, Func<JsonElement, object?>> _answers = [];

    /// <summary>Inputs by activity, in the order of the calls.</summary>
    public List<(string Activity, JsonElement Input)> Calls { get; } = [];

    public IEnumerable<JsonElement> InputsOf(string activity) => Calls.Where(c => c.Activity == activity).Select(c => c.Input);

    public ScriptedActivities On(string activity, Func<JsonElement, object?> answer)
    {
        _answers[activity] = answer;
        return this;
    }

    public Task<(string? Result, TaskFailureDetails? Failure)> RunActivityAsync(string activity, string input)
    {
        var argument = JsonSerializer.Deserialize<JsonElement>(input);
        Calls.Add((activity, argument));
        try
        {
            return Task.FromResult<(string?, TaskFailureDetails?)>((JsonSerializer.Serialize(_answers[activity](argument), OrchestrationJson.Options), null));
        }
        catch (Exception e)
        {
            return Task.FromResult<(string?, TaskFailureDetails?)>((null, FailureForm.Describe(e)));
        }
    }
}
