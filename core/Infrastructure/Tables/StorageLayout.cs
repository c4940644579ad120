using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Queues;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Infrastructure.Tables;

/// <summary>
/// Names of everything the app keeps in its storage account. A prefix lets several installations share one account.
/// </summary>
/// <param name="account">The app's own account.</param>
/// <param name="prefix">Lower-case letters and digits, starting with a letter.</param>
public sealed class StorageLayout(StorageAccount account, string prefix = "cloudreve")
{
    /// <summary>The account that holds all of it.</summary>
    public StorageAccount Account { get; } = account;

    /// <summary>Prefix of all names.</summary>
    public string Prefix { get; } = prefix;

    /// <summary>Folder partitions: the file tree.</summary>
    public Table Files => Table("files");

    /// <summary>Id rows: the folder that a file is in, and its version.</summary>
    public Table FileIds => Table("fileids");

    /// <summary>Entities: the blobs behind files, reference-counted.</summary>
    public Table Entities => Table("entities");

    /// <summary>Counters from which blocks of integer ids are leased.</summary>
    public Table IdLeases => Table("idleases");

    /// <summary>Storage used by each user, with the operations that changed it.</summary>
    public Table Quotas => Table("quotas");

    /// <summary>Workflow tasks.</summary>
    public Table Tasks => Table("tasks");

    /// <summary>Work of running tasks: frontiers, pages and error lists.</summary>
    public Table TaskItems => Table("taskitems");

    /// <summary>Users and the index of their mail addresses.</summary>
    public Table Users => Table("users");

    /// <summary>Sessions that are shorter-lived than accounts: sign-in ceremonies, revoked token roots.</summary>
    public Table Sessions => Table("sessions");

    /// <summary>Site settings, groups, storage policies and nodes: small, read at start and cached.</summary>
    public Table Site => Table("site");

    /// <summary>Work that is due at a time: trash that expires, uploads that were abandoned, blobs that nobody refers to.</summary>
    public Table Schedules => Table("schedules");

    /// <summary>Changes to files, by owner: the activities of files and the events of folders.</summary>
    public Table Events => Table("events");

    /// <summary>Uploads that have not been completed.</summary>
    public Table Uploads => Table("uploads");

    /// <summary>Share links.</summary>
    public Table Shares => Table("shares");

    /// <summary>Direct links.</summary>
    public Table DirectLinks => Table("directlinks");

    /// <summary>Reports of abuse.</summary>
    public Table Reports => Table("reports");

    /// <summary>Every table, for creation at start.</summary>
    public IReadOnlyList<Table> AllTables =>
    [
        Files, FileIds, Entities, IdLeases, Quotas, Tasks, TaskItems, Users, Sessions, Site, Schedules, Events, Uploads, Shares,
        DirectLinks, Reports,
    ];

    /// <summary>The container of the seeded storage policy.</summary>
    public string FilesContainerName => Prefix + "-files";

    /// <summary>
    /// The container that event-driven import watches: the seeded policy's own, since an imported file refers to the blob
    /// where it is.
    /// </summary>
    public string ImportsContainerName => FilesContainerName;

    /// <summary>The container of large folders' entries in orders that tables do not have.</summary>
    public string SnapshotsContainerName => Prefix + "-snapshots";

    /// <summary>The container of users' pictures.</summary>
    public string AvatarsContainerName => Prefix + "-avatars";

    /// <summary>The container of full-text indexes.</summary>
    public string FullTextContainerName => Prefix + "-fulltext";

    /// <summary>The index of texts, where the site has a search service.</summary>
    public string FullTextIndexName => Prefix + "-fulltext";

    /// <summary>Only blobs below this prefix are announced: <c>imports/{user id}/{path}</c>.</summary>
    public const string ImportsPrefix = "imports/";

    /// <summary>The queue of files that need a thumbnail.</summary>
    public string ThumbnailsQueueName => Prefix + "-thumbnails";

    /// <summary>The queue of mails to be sent.</summary>
    public string MailsQueueName => Prefix + "-mails";

    /// <summary>Every container, for creation at start.</summary>
    public IReadOnlyList<string> AllContainerNames => [FilesContainerName, ImportsContainerName, SnapshotsContainerName, AvatarsContainerName, FullTextContainerName];

    /// <summary>Every queue, for creation at start.</summary>
    public IReadOnlyList<string> AllQueueNames => [ThumbnailsQueueName, MailsQueueName];

    /// <summary>A container of the app's own account.</summary>
    /// <param name="name">Its whole name.</param>
    public BlobContainer Container(string name) => Account.Container(name);

    /// <summary>A queue of the app's own account.</summary>
    /// <param name="name">Its whole name.</param>
    public MessageQueue Queue(string name) => Account.Queue(name);

    private Table Table(string name) => Account.Table(Prefix + name);
}
