namespace Cloudreve.DurableTask.Embedded;

/// <summary>Keeps the histories of the instances that ran last, up to a number of bytes. A turn takes one out and puts it back.</summary>
internal sealed class InstanceCache(long capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<InstanceState>> _byId = new(StringComparer.Ordinal);
    private readonly LinkedList<InstanceState> _byUse = new();
    private long _bytes;

    public InstanceState? Take(string instanceId)
    {
        lock (_lock)
        {
            if (!_byId.Remove(instanceId, out var node))
                return null;
            _byUse.Remove(node);
            _bytes -= node.Value.Bytes;
            return node.Value;
        }
    }

    public void Put(InstanceState state)
    {
        lock (_lock)
        {
            _byId[state.InstanceId] = _byUse.AddLast(state);
            _bytes += state.Bytes;
            while (_bytes > capacity && _byUse.First is { } oldest)
            {
                _byUse.RemoveFirst();
                _byId.Remove(oldest.Value.InstanceId);
                _bytes -= oldest.Value.Bytes;
            }
        }
    }
}
