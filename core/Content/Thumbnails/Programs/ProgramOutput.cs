using Cloudreve.Core.Content.Media;

namespace Cloudreve.Core.Content.Thumbnails.Programs;

/// <summary>Pictures that programs wrote.</summary>
internal static class ProgramOutput
{
    private const long MaxBytes = 64 * 1024 * 1024;

    /// <summary>Reads a picture; null when the program did not write it.</summary>
    /// <exception cref="MediaException">The picture is too large.</exception>
    public static async Task<byte[]?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length == 0)
            return null;
        if (file.Length > MaxBytes)
            throw new MediaException("The program wrote a picture that is too large.", isFinal: true);
        return await File.ReadAllBytesAsync(path, cancellationToken);
    }
}
