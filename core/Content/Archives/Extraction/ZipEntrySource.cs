using Cloudreve.Core.Content.Archives.Listing;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>The wanted entries of a zip, each of which is read by a request of its own.</summary>
/// <param name="zip">The zip.</param>
/// <param name="wanted">Its wanted entries.</param>
/// <param name="next">The index of the first that is not done.</param>
/// <param name="password">The password of encrypted entries; empty for none.</param>
internal sealed class ZipEntrySource(ZipSource zip, IReadOnlyList<ZipMember> wanted, int next, string password) : EntrySource
{
    private static readonly TimeSpan s_stepTime = TimeSpan.FromSeconds(45);

    private int _next = next;

    public override IReadOnlyList<ArchivedFile> Wanted { get; } = [.. wanted.Select(member => member.File)];

    public override EntryPlace Place => new(_next, 0);

    public override TimeSpan StepTime => s_stepTime;

    public override Task<IReadOnlyList<SourceEntry>?> NextAsync(CancellationToken cancellationToken)
    {
        var round = wanted.Skip(_next).Take(EntriesInRound)
            .Select(member => new SourceEntry(member.File, token => zip.OpenAsync(member, password, token)) { Refusal = member.IsLink ? "It is a link." : null })
            .ToList();
        _next += round.Count;
        return Task.FromResult<IReadOnlyList<SourceEntry>?>(round.Count > 0 ? round : null);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
