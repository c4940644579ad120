using Cloudreve.Core.Content.Archives.Listing;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>The wanted entries of a zip. Small ones that stand one behind the other are read by one request, each other one by its own.</summary>
/// <param name="zip">The zip.</param>
/// <param name="wanted">Its wanted entries.</param>
/// <param name="next">The index of the first that is not done.</param>
/// <param name="password">The password of encrypted entries; empty for none.</param>
internal sealed class ZipEntrySource(ZipSource zip, IReadOnlyList<ZipMember> wanted, int next, string password) : EntrySource
{
    // Two rounds are in memory at a time, packed and unpacked.
    private const long SmallBytesInRound = 8 << 20;

    // A round has to fit into a step.
    private const int LargeInRound = 8;
    private const long LargeBytesInRound = 512 << 20;

    private static readonly TimeSpan s_stepTime = TimeSpan.FromSeconds(45);

    private int _next = next;

    public override IReadOnlyList<ArchivedFile> Wanted { get; } = [.. wanted.Select(member => member.File)];

    public override TimeSpan StepTime => s_stepTime;

    public override async Task<EntryRound?> NextAsync(CancellationToken cancellationToken)
    {
        var members = Take();
        if (members.Count == 0)
            return null;
        var spans = await ZipSpans.ReadAsync(zip, members.Where(member => member is { IsLink: false, PackedSize: <= SmallBytes }), cancellationToken);
        _next += members.Count;
        return new EntryRound([.. members.Select(member => EntryOf(member, spans))], new EntryPlace(_next, 0), AllowsReadingAhead: true);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private SourceEntry EntryOf(ZipMember member, ZipSpans spans) =>
        new(member.File, token => zip.OpenAsync(member, password, spans, token)) { Refusal = member.IsLink ? "It is a link." : null };

    private List<ZipMember> Take()
    {
        var members = new List<ZipMember>();
        var (small, large, count) = (0L, 0L, 0);
        foreach (var member in wanted.Skip(_next).Take(EntriesInRound))
        {
            var isSmall = Math.Max(member.File.Size, member.PackedSize) <= SmallBytes;
            if (isSmall ? small > 0 && small + member.File.Size + member.PackedSize > SmallBytesInRound : count > 0 && (count == LargeInRound || large + member.File.Size > LargeBytesInRound))
                break;
            if (isSmall)
                small += member.File.Size + member.PackedSize;
            else
                (large, count) = (large + member.File.Size, count + 1);
            members.Add(member);
        }
        return members;
    }
}
