namespace Cloudreve.Core.Infrastructure.Caching;

/// <summary>Values that are kept for a time, up to a total weight; the oldest are dropped first.</summary>
/// <param name="capacity">The most weight.</param>
/// <param name="clock">Determines what has expired.</param>
/// <typeparam name="TKey">The type of keys.</typeparam>
/// <typeparam name="TValue">The type of values.</typeparam>
public sealed class BoundedCache<TKey, TValue>(long capacity, TimeProvider clock)
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byAge = new();
    private readonly Lock _turn = new();
    private long _weight;

    /// <summary>A cached value that has not expired; otherwise the default.</summary>
    public TValue? Find(TKey key)
    {
        lock (_turn)
        {
            return _entries.TryGetValue(key, out var node) && node.Value.Until > clock.GetUtcNow() ? node.Value.Value : default;
        }
    }

    /// <summary>Caches a value. One that alone exceeds the total weight is not cached.</summary>
    /// <param name="until">The time it expires.</param>
    public void Keep(TKey key, TValue value, DateTimeOffset until, long weight = 1)
    {
        lock (_turn)
        {
            if (_entries.TryGetValue(key, out var old))
                Remove(old);
            if (weight > capacity)
                return;
            while (_weight + weight > capacity)
                Remove(_byAge.First!);
            _entries[key] = _byAge.AddLast(new Entry(key, value, until, weight));
            _weight += weight;
        }
    }

    /// <summary>Removes a value.</summary>
    public void Forget(TKey key)
    {
        lock (_turn)
        {
            if (_entries.TryGetValue(key, out var node))
                Remove(node);
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _byAge.Remove(node);
        _entries.Remove(node.Value.Key);
        _weight -= node.Value.Weight;
    }

    private sealed record Entry(TKey Key, TValue Value, DateTimeOffset Until, long Weight);
}
