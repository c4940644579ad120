namespace Cloudreve.Orchestrations.TestApp;

/// <summary>A file of turns: the orchestrator's name and the host's request in base64, one turn a line.</summary>
public sealed class TurnRecording(string file)
{
    private readonly Lock _lock = new();

    public void Add(string orchestrator, string request)
    {
        lock (_lock)
            File.AppendAllText(file, $"{orchestrator} {request}\n");
    }
}
