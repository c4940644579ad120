using System.Collections.Concurrent;

namespace Cloudreve.Load.Checks;

/// <summary>The differences from what clients know, and what clients did before.</summary>
public sealed class Differences
{
    private const int Kept = 100;
    private readonly ConcurrentQueue<string> _found = new();

    /// <summary>All of them.</summary>
    public IReadOnlyList<string> All => [.. _found];

    /// <summary>Records one.</summary>
    public void Add(string difference)
    {
        if (_found.Count < Kept)
            _found.Enqueue(difference);
    }
}

/// <summary>The last operations on a user's drive.</summary>
internal sealed class DriveHistory
{
    private const int Kept = 4_000;
    private readonly ConcurrentQueue<string> _lines = new();

    public void Note(string line)
    {
        _lines.Enqueue($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {line}");
        if (_lines.Count > Kept)
            _lines.TryDequeue(out _);
    }

    /// <summary>The last operations, those first that name something.</summary>
    public string About(params IEnumerable<string> names)
    {
        var wanted = names.Where(n => n.Length > 0).ToList();
        return string.Join('\n', _lines.Where(line => wanted.Exists(name => line.Contains(name, StringComparison.Ordinal))).TakeLast(30).Select(line => "      " + line));
    }
}
