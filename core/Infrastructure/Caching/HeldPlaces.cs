namespace Cloudreve.Core.Infrastructure.Caching;

/// <summary>Counts the places that each key holds at once in this process, so that none holds more than allowed.</summary>
/// <typeparam name="TKey">The key of a place.</typeparam>
public sealed class HeldPlaces<TKey>
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, int> _held = [];

    /// <summary>Takes a place.</summary>
    /// <param name="key">For whom.</param>
    /// <param name="most">Maximum number that one may hold.</param>
    /// <returns>The place, until it is disposed of; null when all are held.</returns>
    public IDisposable? TryTake(TKey key, long most)
    {
        lock (_lock)
        {
            var held = _held.GetValueOrDefault(key);
            if (held >= most)
                return null;
            _held[key] = held + 1;
            return new Place(this, key);
        }
    }

    private void Return(TKey key)
    {
        lock (_lock)
        {
            if (--_held[key] == 0)
                _held.Remove(key);
        }
    }

    private sealed class Place(HeldPlaces<TKey> places, TKey key) : IDisposable
    {
        private int _isReturned;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReturned, 1) == 0)
                places.Return(key);
        }
    }
}
