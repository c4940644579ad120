using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>The result of a write.</summary>
/// <param name="File">The file as it is stored.</param>
/// <param name="IsNew">True if the write made the file, instead of replacing the content of one.</param>
public readonly record struct WrittenFile(FileRecord File, bool IsNew);
