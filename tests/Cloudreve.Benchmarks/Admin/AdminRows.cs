using System.Globalization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Site;

namespace Cloudreve.Benchmarks.Admin;

/// <summary>Fills the tables with accounts, and with a thousand files and links of each of some accounts, as the app leaves them.</summary>
/// <param name="layout">The storage of the rows.</param>
/// <param name="ids">Gives the ids.</param>
internal sealed class AdminRows(StorageLayout layout, IdAllocator ids)
{
    /// <summary>Number of files and links of each account that has any.</summary>
    public const int InEachDrive = 1_000;

    private const int Shown = 1_000;
    private const int Batch = 100;
    // An emulator executes one batch after the other, and calls that wait too long are given up.
    private const int Writers = 4;
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Creates accounts: a batch for each hundred rows of the index. Rows of accounts have partitions of their own, so only those are made that
    /// the first pages, the last ones and those in the middle show.
    /// </summary>
    /// <returns>The first id.</returns>
    public async Task<long> FillUsersAsync(int count)
    {
        var first = (await ids.ReserveAsync(IdKind.User, count)).First;
        var users = Enumerable.Range(0, count).Select(i => new User
        {
            Id = first + i,
            Email = string.Create(CultureInfo.InvariantCulture, $"user{i:d6}@example.com"),
            Nick = string.Create(CultureInfo.InvariantCulture, $"User {i:d6}"),
            GroupId = i % 10 == 0 ? Group.AdminId : Group.UserId,
            CreatedAt = s_start.AddMinutes(i),
            Settings = new UserSettings(),
        }).ToList();
        await SubmitAsync(layout.Users, users.Select(UserIndex.Describe));
        var shown = users.Where((_, i) => i < Shown || i >= count - Shown || Math.Abs(i - (count / 2)) < Shown);
        await Parallel.ForEachAsync(shown, Parallelism, async (user, token) => await layout.Users.UpsertAsync(UserRows.Describe(user), token));
        return first;
    }

    /// <summary>Takes the ids of accounts without creating any, for lists that do not read them.</summary>
    /// <returns>The first id.</returns>
    public async Task<long> ReserveUsersAsync(int count) => (await ids.ReserveAsync(IdKind.User, count)).First;

    /// <summary>Makes files, each with the row of its id.</summary>
    /// <returns>The first id.</returns>
    public async Task<long> FillFilesAsync(long firstOwner, int count)
    {
        var first = (await ids.ReserveAsync(IdKind.File, count)).First;
        var (roots, writer) = (new DriveRoots(layout, TimeProvider.System), new FolderWriter(layout));
        await Parallel.ForEachAsync(Enumerable.Range(0, count / InEachDrive), Parallelism, async (drive, token) =>
        {
            var owner = firstOwner + drive;
            await roots.CreateAsync(owner, token);
            var files = Enumerable.Range(0, InEachDrive).Select(i => new FileRecord
            {
                Id = FileOf(first, drive, i),
                ParentId = DriveRoots.RootId(owner),
                OwnerId = owner,
                Type = FileType.File,
                Name = string.Create(CultureInfo.InvariantCulture, $"file {i:d4}.txt"),
                Size = i * 7919L % 10_007,
                CreatedAt = s_start.AddMinutes(i),
                UpdatedAt = s_start.AddMinutes(i),
            }).ToList();
            await writer.PrepareAsync(files, token);
            await writer.InsertAsync(DriveRoots.RootId(owner), files, token);
        });
        return first;
    }

    /// <summary>Creates a link to each of some files.</summary>
    /// <returns>The first id.</returns>
    public async Task<long> FillSharesAsync(long firstOwner, long firstFile, int count)
    {
        var first = (await ids.ReserveAsync(IdKind.Share, count)).First;
        var shares = Enumerable.Range(0, count).Select(i => new Share
        {
            Id = first + i,
            OwnerId = firstOwner + (i / InEachDrive),
            FileId = firstFile + i,
            CreatedAt = s_start.AddMinutes(i),
        }).ToList();
        await SubmitAsync(layout.Shares, shares.Select(ShareStore.DescribeId));
        await SubmitAsync(layout.Shares, shares.Select(share => share.ToRow()));
        return first;
    }

    private static ParallelOptions Parallelism => new() { MaxDegreeOfParallelism = Writers };

    private static long FileOf(long first, int drive, int number) => first + ((long)drive * InEachDrive) + number;

    private static Task SubmitAsync(Table table, IEnumerable<Row> rows) => Parallel.ForEachAsync(
        rows.GroupBy(row => row.PartitionKey).SelectMany(partition => partition.Chunk(Batch)),
        Parallelism,
        async (chunk, token) =>
        {
            var batch = new TableBatch(chunk[0].PartitionKey);
            foreach (var row in chunk)
                batch.Upsert(row);
            await table.SubmitAsync(batch, token);
        });
}
