using System.Collections.Concurrent;

namespace Cloudreve.Load.Measures;

/// <summary>The recorded results of clients: the duration and outcome of each operation.</summary>
public sealed class LoadRecorder
{
    private readonly ConcurrentDictionary<string, OperationRecord> _operations = new();

    /// <summary>All operations by name.</summary>
    public IReadOnlyDictionary<string, OperationRecord> Operations => _operations;

    /// <summary>Requests so far.</summary>
    public int Requests => _operations.Values.Sum(o => o.Count);

    /// <summary>Records a request.</summary>
    /// <param name="operation">The operation that it belonged to.</param>
    /// <param name="elapsed">The time that it took.</param>
    /// <param name="result">A code of the API, or a word for what was no answer.</param>
    public void Note(string operation, TimeSpan elapsed, string result) =>
        _operations.GetOrAdd(operation, static _ => new OperationRecord()).Note(elapsed, result);

    /// <summary>Number of times that a result occurred, whatever the operation.</summary>
    public int CountOf(string result) => _operations.Values.Sum(o => o.Results.GetValueOrDefault(result));
}

/// <summary>Requests of one operation.</summary>
public sealed class OperationRecord
{
    private readonly List<double> _milliseconds = [];
    private readonly Dictionary<string, int> _results = [];
    private readonly Lock _lock = new();

    /// <summary>Number of calls.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _milliseconds.Count;
        }
    }

    /// <summary>Number of calls by result.</summary>
    public IReadOnlyDictionary<string, int> Results
    {
        get
        {
            lock (_lock)
                return new Dictionary<string, int>(_results);
        }
    }

    /// <summary>Records a request.</summary>
    public void Note(TimeSpan elapsed, string result)
    {
        lock (_lock)
        {
            _milliseconds.Add(elapsed.TotalMilliseconds);
            _results[result] = _results.GetValueOrDefault(result) + 1;
        }
    }

    /// <summary>The time that a part of the requests stay below, in milliseconds.</summary>
    /// <param name="part">0.5 for the median.</param>
    public double Percentile(double part)
    {
        lock (_lock)
        {
            var ordered = _milliseconds.Order().ToList();
            return ordered.Count == 0 ? 0 : ordered[(int)Math.Min(ordered.Count - 1, ordered.Count * part)];
        }
    }
}
