namespace Cloudreve.Core.Content.Entities;

/// <summary>The columns of entities. Every file has one: names are short.</summary>
internal static class EntityColumns
{
    public const string SourceETag = "etag";
    public const string Type = "t";
    public const string Size = "s";
    public const string PolicyId = "p";
    public const string Source = "src";
    public const string FileId = "f";
    public const string CreatedBy = "by";
    public const string CreatedAt = "c";
    public const string IsImported = "imp";
    public const string ArrivalCharge = "ac";
    public const string ReplacedSize = "rs";
    public const string ReplacedId = "rp";
    public const string ReplacedThumbnailId = "rt";
    public const string Encryption = "enc";
    public const string HasText = "txt";
    public const string TaskId = "task";
}
