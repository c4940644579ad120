using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Archives.Downloads;
using Cloudreve.Core.Content.Entities;

namespace Cloudreve.Core.Content.Archives.Creation;

/// <summary>
/// Reads a blob's content from a position on. A connection that breaks is reopened at the same position; only what another try would not bring,
/// either, ends the content early.
/// </summary>
/// <param name="reader">Opens blobs.</param>
/// <param name="entity">The blob.</param>
/// <param name="offset">The first byte that is wanted.</param>
internal sealed class FileContentSource(EntityReader reader, EntityRecord entity, long offset) : IAsyncDisposable
{
    private const int Tries = 3;

    private Task<BlobContent>? _opening;
    private Stream? _content;
    private long _position = offset;

    /// <summary>Begins to open the content, so that its first bytes are on their way.</summary>
    public void Begin(CancellationToken cancellationToken) => _opening ??= reader.OpenAsync(entity, _position, null, cancellationToken);

    /// <summary>Reads some bytes; null when the content cannot be read any further, none at its end.</summary>
    /// <exception cref="StorageUnavailableException">Storage is unavailable.</exception>
    public async Task<int?> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (_content is null)
                {
                    Begin(cancellationToken);
                    _content = (await _opening!).Content;
                }
                var read = await _content.ReadAsync(buffer, cancellationToken);
                _position += read;
                return read;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && MissingFiles.IsOfOneFile(e))
            {
                return null;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is not StorageException && attempt < Tries)
            {
                await CloseAsync();
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is not (StorageException or IOException))
            {
                throw new IOException("A blob could not be read.", e);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task CloseAsync()
    {
        var (opening, content) = (_opening, _content);
        (_opening, _content) = (null, null);
        if (content is not null)
            await content.DisposeAsync();
        else if (opening is not null)
        {
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (opening.IsCompletedSuccessfully)
                await (await opening).Content.DisposeAsync();
        }
    }
}
