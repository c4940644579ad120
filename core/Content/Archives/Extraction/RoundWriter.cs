using System.Runtime.ExceptionServices;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>
/// Extracts some entries of an archive at a time: small files together, in few transactions, all others side by side. A file that cannot be written
/// together with others is written alone, which tells why.
/// </summary>
/// <param name="single">Extracts entries one by one.</param>
/// <param name="groups">Writes small files.</param>
/// <param name="caller">The owner of the drive.</param>
internal sealed class RoundWriter(EntryWriter single, FileGroupWriter groups, Caller caller)
{
    // Number of entries that are unpacked or written in parallel.
    private const int Workers = 8;

    /// <summary>True if files were written that no earlier run had written.</summary>
    public bool HasWritten => single.HasWritten;

    /// <summary>Extracts entries.</summary>
    /// <returns>What became of each, in the same order.</returns>
    /// <exception cref="CloudreveException">40051: there is no space, for one or any other entry.</exception>
    /// <exception cref="RetryLaterException">It may succeed later.</exception>
    public async Task<IReadOnlyList<EntryOutcome>> WriteAsync(IReadOnlyList<SourceEntry> round, CancellationToken cancellationToken)
    {
        var outcomes = new EntryOutcome?[round.Count];
        var (group, others, later) = Divide(round);
        var entries = round.ToArray();
        await single.MakeFoldersAsync(round.Where(entry => entry.Refusal is null).Select(FolderOf).OfType<FilePath>());
        await JoinAsync(Task.WhenAll(
            WriteTogetherAsync(entries, group, outcomes, cancellationToken), WriteEachAsync(entries, others, outcomes, cancellationToken)));
        await WriteEachAsync(entries, [.. group.Select(file => file.Index).Where(i => outcomes[i] is null), .. later], outcomes, cancellationToken);
        return [.. outcomes.Select(outcome => outcome!.Value)];
    }

    private FilePath? FolderOf(SourceEntry entry) => entry.File.IsDirectory ? single.PathOf(entry) : single.PathOf(entry)?.Parent;

    /// <summary>Throws the error that ended the work, not the cancellation that followed from it.</summary>
    private static async Task JoinAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException) when (work.Exception?.InnerExceptions.FirstOrDefault(e => e is not OperationCanceledException) is { } cause)
        {
            ExceptionDispatchInfo.Throw(cause);
        }
    }

    /// <summary>Tells which entries are written together. An entry whose path an earlier one has comes later.</summary>
    private (IReadOnlyList<GroupFile> Group, IReadOnlyList<int> Others, IReadOnlyList<int> Later) Divide(IReadOnlyList<SourceEntry> round)
    {
        var (group, others, later) = (new List<GroupFile>(), new List<int>(), new List<int>());
        var paths = new HashSet<FilePath>();
        for (var i = 0; i < round.Count; i++)
        {
            var path = round[i].Refusal is null && !round[i].File.IsDirectory ? single.PathOf(round[i]) : null;
            if (path is not null && !paths.Add(path))
                later.Add(i);
            else if (path is not null && round[i].IsSmall)
                group.Add(new GroupFile(i, path));
            else
                others.Add(i);
        }
        return group.Count > 1 ? (group, others, later) : ([], [.. others, .. group.Select(file => file.Index)], later);
    }

    private Task WriteEachAsync(SourceEntry[] entries, IReadOnlyList<int> indexes, EntryOutcome?[] outcomes, CancellationToken cancellationToken) => BoundedParallel.ForEachAsync(
        indexes,
        Workers,
        async (i, token) => outcomes[i] = await single.WriteAsync(entries[i], token),
        cancellationToken);

    private async Task WriteTogetherAsync(
        SourceEntry[] entries, IReadOnlyList<GroupFile> group, EntryOutcome?[] outcomes, CancellationToken cancellationToken)
    {
        await BoundedParallel.ForEachAsync(
            group,
            Workers,
            async (file, token) =>
            {
                try
                {
                    if (entries[file.Index].Content is null)
                        entries[file.Index] = SourceEntry.InMemory(entries[file.Index].File, await UnpackAsync(entries[file.Index], token));
                    await single.MakeParentAsync(file.Path);
                }
                catch (CloudreveException e)
                {
                    outcomes[file.Index] = await single.JudgeAsync(entries[file.Index], file.Path, e, token);
                }
            },
            cancellationToken);
        var ready = group.Where(file => outcomes[file.Index] is null).ToList();
        if (ready.Count == 0)
            return;
        var written = await groups.WriteAsync(
            caller, [.. ready.Select(file => single.Group(entries[file.Index], file.Path))], cancellationToken);
        foreach (var (file, result) in ready.Zip(written))
        {
            if (result.File is { } made)
                outcomes[file.Index] = single.Count(made);
            else if (result.Error is { } error)
                outcomes[file.Index] = await single.JudgeAsync(entries[file.Index], file.Path, error, cancellationToken);
        }
    }

    /// <summary>Unpacks an entry to memory. Its end shows whether it is intact.</summary>
    private static async Task<byte[]> UnpackAsync(SourceEntry entry, CancellationToken cancellationToken)
    {
        var bytes = new byte[entry.File.Size];
        await using var content = await entry.OpenAsync(cancellationToken);
        await content.ReadExactlyAsync(bytes, cancellationToken);
        return await content.ReadAsync(new byte[1], cancellationToken) == 0 ? bytes : throw EntryContent.Damaged();
    }

    /// <summary>A small file of a round.</summary>
    /// <param name="Index">Its index in the round.</param>
    /// <param name="Path">Its path in the drive.</param>
    private sealed record GroupFile(int Index, FilePath Path);
}
