using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;

namespace Cloudreve.Core.Tasks;

/// <summary>The rows of tasks: what is stored of a task, and where.</summary>
internal static class TaskRows
{
    private const int MaxErrorHistory = 20;
    private const int MaxErrorCharacters = 2_000;

    /// <summary>The partition of an owner's tasks.</summary>
    public static string Partition(long ownerId) => "u" + ownerId.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>The row of the index, by which a task is found whose owner is not known, and listed among those of the site.</summary>
    public static Row DescribeId(WorkflowTask task) => new(IndexPartition(task.Id), FileKeys.Id(task.Id))
    {
        [SiteLists.Owner] = task.OwnerId,
        [Columns.Type] = task.Type,
        [SiteLists.Created] = task.CreatedAt,
    };

    /// <summary>The partition of a task's row of the index.</summary>
    public static string IndexPartition(long id) => "i" + FileKeys.IdBlock(id);

    /// <summary>The key of a task among its owner's. Newest first: later ids have smaller keys.</summary>
    public static string Key(long id) => (long.MaxValue - id).ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>The row of a task.</summary>
    public static Row Describe(WorkflowTask task)
    {
        var row = DescribeState(task);
        // Names folders by their paths.
        LongText.Write(row, Columns.Job, task.Job);
        if (task.Download is { } download)
            LongText.Write(row, Columns.Download, JsonSerializer.Serialize(download, TaskJson.Default.DownloadStatus));
        if (task.Deselected.Count > 0)
            LongText.Write(row, Columns.Deselected, JsonSerializer.Serialize([.. task.Deselected], TaskJson.Default.Int32Array));
        return row;
    }

    private static Row DescribeState(WorkflowTask task) => new(Partition(task.OwnerId), Key(task.Id))
    {
        [Columns.Id] = task.Id,
        [Columns.OwnerId] = task.OwnerId,
        [Columns.Type] = task.Type,
        [Columns.Status] = (int)task.Status,
        [Columns.CreatedAt] = task.CreatedAt,
        [Columns.UpdatedAt] = task.UpdatedAt,
        [Columns.StartedAt] = task.StartedAt,
        [Columns.SuspendedAt] = task.SuspendedAt,
        [Columns.Waited] = task.Waited == TimeSpan.Zero ? null : task.Waited.Ticks,
        [Columns.Phase] = task.Phase,
        [Columns.Failed] = task.Failed,
        [Columns.Error] = task.Error is { } error ? Cut(error) : null,
        [Columns.Errors] = Serialize(task.ErrorHistory),
        [Columns.Progress] = JsonSerializer.Serialize(task.Progress.ToDictionary(), TaskJson.Default.DictionaryStringTaskProgress),
        [Columns.Counts] = task.Counts.Count == 0 ? null : JsonSerializer.Serialize(task.Counts.ToDictionary(), TaskJson.Default.DictionaryStringInt64),
        [Columns.IsClosing] = task.IsClosing ? true : null,
        [Columns.RetryCount] = task.RetryCount == 0 ? null : task.RetryCount,
        [Columns.ResumeTime] = task.ResumeTime,
        [Columns.IsCanceled] = task.IsCanceled ? true : null,
    };

    /// <summary>The first errors, as many as one property holds: JSON may write six characters for one of a path.</summary>
    private static string? Serialize(IReadOnlyList<string> errors)
    {
        for (var count = Math.Min(errors.Count, MaxErrorHistory); count > 0; count--)
        {
            var json = JsonSerializer.Serialize([.. errors.Take(count).Select(Cut)], TaskJson.Default.StringArray);
            if (json.Length <= AzureLimits.StringCharacters)
                return json;
        }
        return null;
    }

    private static string Cut(string error) => error.Length <= MaxErrorCharacters ? error : error[..MaxErrorCharacters];

    /// <summary>Reads a row.</summary>
    public static WorkflowTask Read(Row row) => new()
    {
        Id = row.RequiredNumber(Columns.Id),
        OwnerId = row.RequiredNumber(Columns.OwnerId),
        Type = row.RequiredText(Columns.Type),
        Status = (WorkflowTaskStatus)row.RequiredNumber(Columns.Status),
        CreatedAt = row.Time(Columns.CreatedAt) ?? default,
        UpdatedAt = row.Time(Columns.UpdatedAt) ?? default,
        StartedAt = row.Time(Columns.StartedAt),
        SuspendedAt = row.Time(Columns.SuspendedAt),
        Waited = TimeSpan.FromTicks(row.Number(Columns.Waited) ?? 0),
        Phase = row.Text(Columns.Phase) ?? "",
        Job = LongText.Read(row, Columns.Job) ?? row.RequiredText(Columns.Job),
        Failed = row.Number(Columns.Failed) ?? 0,
        Error = row.Text(Columns.Error),
        ErrorHistory = row.Text(Columns.Errors) is { } errors ? JsonSerializer.Deserialize(errors, TaskJson.Default.StringArray) ?? [] : [],
        Progress = row.Text(Columns.Progress) is { } progress
            ? JsonSerializer.Deserialize(progress, TaskJson.Default.DictionaryStringTaskProgress) ?? []
            : new Dictionary<string, TaskProgress>(),
        Counts = row.Text(Columns.Counts) is { } counts
            ? JsonSerializer.Deserialize(counts, TaskJson.Default.DictionaryStringInt64) ?? []
            : new Dictionary<string, long>(),
        IsClosing = row.Flag(Columns.IsClosing),
        RetryCount = (int)(row.Number(Columns.RetryCount) ?? 0),
        ResumeTime = row.Time(Columns.ResumeTime),
        IsCanceled = row.Flag(Columns.IsCanceled),
        Download = LongText.Read(row, Columns.Download) is { } download ? JsonSerializer.Deserialize(download, TaskJson.Default.DownloadStatus) : null,
        Deselected = LongText.Read(row, Columns.Deselected) is { } deselected ? JsonSerializer.Deserialize(deselected, TaskJson.Default.Int32Array) ?? [] : [],
        ETag = row.ETag,
    };

    internal static class Columns
    {
        public const string Type = "type";
        public const string Id = "id";
        public const string OwnerId = "o";
        public const string Status = "status";
        public const string CreatedAt = "c";
        public const string UpdatedAt = "u";
        public const string StartedAt = "started";
        public const string SuspendedAt = "suspended";
        public const string Waited = "waited";
        public const string Phase = "phase";
        public const string Failed = "failed";
        public const string Error = "error";
        public const string Errors = "errors";
        public const string Progress = "progress";
        public const string Counts = "counts";
        public const string IsClosing = "closing";
        public const string RetryCount = "retries";
        public const string ResumeTime = "resume";
        public const string IsCanceled = "cancel";
        public const string Job = "job";
        public const string Download = "download";
        public const string Deselected = "deselected";
    }
}

[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(int[]))]
[JsonSerializable(typeof(DownloadStatus))]
[JsonSerializable(typeof(Dictionary<string, TaskProgress>))]
[JsonSerializable(typeof(Dictionary<string, long>))]
internal sealed partial class TaskJson : JsonSerializerContext;
