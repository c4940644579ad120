using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>The bound of a text, or of each text of a list, that is a file's URI.</summary>
internal sealed class LongestUriAttribute() : LongestAttribute(FileUri.MaxCharacters);
