using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>Stores the parts of groups of writes that are not visible yet: their charges, and the blobs, entities and id rows of their files.</summary>
/// <param name="layout">The storage of id rows.</param>
/// <param name="intents">The rows of writes.</param>
/// <param name="quota">Charges the bytes.</param>
/// <param name="encryption">Encrypts where the policy says so.</param>
/// <param name="clock">Determines when a write has to be renewed.</param>
internal sealed class GroupStaging(
    StorageLayout layout, WriteIntents intents, QuotaLedger quota, EntityStore entities, UploadBlobs blobs, BlobEncryption encryption, TimeProvider clock)
{
    private const int BlobsAtOnce = 8;

    /// <summary>
    /// Stores groups whose content is in memory: two transactions to charge each 99, one for each blob, and one for the entities and one for the
    /// id rows of each 100 files. Every minute one more for the intents of each 100 groups of a folder.
    /// </summary>
    /// <param name="groups">The groups of one owner and one policy, in order of their files' ids.</param>
    /// <param name="cancellationToken">Begins no further blob.</param>
    /// <returns>False when the quota does not suffice; some may have been charged.</returns>
    /// <exception cref="CloudreveException">40011: writes were given up, or left alone for so long that they may be.</exception>
    public async Task<bool> TryStageAsync(IReadOnlyList<WriteGroup> groups, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        var staged = StageAsync(groups, stop.Token);
        await WriteStaging.JoinAsync([], [staged], RenewAsync(groups, ended.Token), ended, stop);
        return await staged;
    }

    private async Task<bool> StageAsync(IReadOnlyList<WriteGroup> groups, CancellationToken cancellationToken)
    {
        var (first, limit) = (groups[0].Intent, groups[0].Members[0].Write.Limit);
        RequireOpen(groups[0]);
        var charges = groups.Select(group => new QuotaChange(group.Intent.Operation, group.Intent.Size));
        if (!await quota.TryChargeAllAsync(first.OwnerId, charges, limit, CancellationToken.None))
            return false;
        var container = await blobs.ContainerOfAsync(first.PolicyId, cancellationToken);
        RequireOpen(groups[0]);
        var writes = groups.SelectMany(group => group.Writes).ToList();
        await Task.WhenAll(
            entities.AddAsync(writes.Where(write => write.Intent.EntityId != 0).Select(write => write.Entity), CancellationToken.None),
            IdRows.InsertAsync(
                layout.FileIds,
                writes.Select(write => EntryRows.NewIdRow(write.Intent.FileId, FileType.File, write.Intent.FolderId, write.Intent.OwnerId, write.At)),
                CancellationToken.None),
            BoundedParallel.ForEachAsync(
                groups.SelectMany(group => group.Members, (group, member) => (Group: group, Member: member)).Where(file => file.Member.Content.Length > 0),
                BlobsAtOnce,
                async (file, _) =>
                {
                    var content = await EncryptAsync(file.Member);
                    RequireOpen(file.Group);
                    await WriteStaging.WriteNewAsync(container, file.Member.Write.Intent.Source, content);
                },
                cancellationToken));
        return true;
    }

    /// <summary>The content as it is stored. What the caller has stays as it is: the file may need a write of its own.</summary>
    private async Task<byte[]> EncryptAsync(GroupMember member)
    {
        if (member.Write.Encryption is not { } key)
            return member.Content;
        using var cipher = (await encryption.OpenAsync(key, CancellationToken.None)).CreateCipher();
        var encrypted = member.Content.ToArray();
        cipher.Apply(encrypted, 0);
        return encrypted;
    }

    /// <summary>A process that was suspended must not store what has been undone meanwhile.</summary>
    private void RequireOpen(WriteGroup group)
    {
        if (intents.IsExpired(group.Intent))
            throw UploadSessions.Expired();
    }

    /// <summary>Keeps others from settling the groups while their content is stored.</summary>
    private async Task RenewAsync(IReadOnlyList<WriteGroup> groups, CancellationToken ended)
    {
        var folders = groups.GroupBy(group => group.Intent.FolderId).Select(folder => folder.ToList()).ToList();
        try
        {
            while (true)
            {
                await Task.Delay(WriteStaging.Renewal, clock, ended);
                foreach (var folder in folders)
                {
                    var renewed = await intents.RenewAllAsync([.. folder.Select(group => group.Intent)], CancellationToken.None);
                    foreach (var (group, intent) in folder.Zip(renewed))
                        group.Intent = intent;
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // All is stored.
        }
    }
}
