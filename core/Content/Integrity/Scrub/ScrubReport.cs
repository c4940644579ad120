namespace Cloudreve.Core.Content.Integrity.Scrub;

/// <summary>The report of a scrub.</summary>
public sealed class ScrubReport
{
    /// <summary>Maximum number of findings that are listed.</summary>
    public const int MaxNamed = 50;

    private readonly Lock _lock = new();
    private readonly List<string> _named = [];

    /// <summary>Rows and blobs that were looked at.</summary>
    public long Checked { get; private set; }

    /// <summary>Number of findings.</summary>
    public long Found { get; private set; }

    /// <summary>Number of findings that were repaired.</summary>
    public long Repaired { get; private set; }

    /// <summary>The first findings, in words for administrators.</summary>
    public IReadOnlyList<string> Named
    {
        get
        {
            lock (_lock)
                return [.. _named];
        }
    }

    internal void Look(long count)
    {
        lock (_lock)
            Checked += count;
    }

    internal void Find(string text, bool isRepaired)
    {
        lock (_lock)
        {
            Found++;
            Repaired += isRepaired ? 1 : 0;
            if (_named.Count < MaxNamed)
                _named.Add(isRepaired ? text + " It was removed." : text);
        }
    }
}
