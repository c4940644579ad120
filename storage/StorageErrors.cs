using System.Text.Json;
using System.Xml;
using Azure;
using Azure.Data.Tables;
using Azure.Identity;
using Cloudreve.AzureStorage.Pipeline;

namespace Cloudreve.AzureStorage;

/// <summary>Translates the SDK's errors into ours, without addresses or signatures in the message.</summary>
internal static class StorageErrors
{
    public static Task GuardAsync(string resource, Func<Task> call) => GuardAsync(resource, async () =>
    {
        await call();
        return true;
    });

    public static async Task<T> GuardAsync<T>(string resource, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (TableTransactionFailedException e)
        {
            throw Translate(e, resource, e.FailedTransactionActionIndex ?? 0);
        }
        catch (RequestFailedException e)
        {
            throw Translate(e, resource);
        }
        catch (AuthenticationFailedException e)
        {
            // The identity service does not respond, or has no identity; its message may name addresses inside the platform.
            throw new StorageUnavailableException($"{resource}: no access token", e);
        }
        catch (Exception e) when (e is XmlException or JsonException)
        {
            throw new StorageUnreadableException($"{resource}: the answer is malformed", e);
        }
        catch (AggregateException e) when (e.InnerException is not null and not SimulatedCrashException)
        {
            // The retry policy collects the errors of all tries when no response ever arrived.
            throw new StorageUnavailableException($"{resource}: {e.InnerException.Message}", e);
        }
    }

    private static StorageException Translate(RequestFailedException error, string resource, int failedIndex = 0)
    {
        var message = $"{resource}: {error.ErrorCode ?? $"status {error.Status}"}";
        return error.Status switch
        {
            404 or 416 => new StorageNotFoundException(message, failedIndex, error),
            409 => new StorageExistsException(message, failedIndex, error),
            412 or 304 => new StorageChangedException(message, failedIndex, error),
            0 or 408 or 429 or >= 500 => new StorageUnavailableException(message, error),
            _ => new StorageException(message, error),
        };
    }
}
