namespace Cloudreve.AzureStorage.Pipeline;

/// <summary>The three services of a storage account that the app uses.</summary>
public enum StorageService
{
    /// <summary>Table storage.</summary>
    Table,

    /// <summary>Blob storage.</summary>
    Blob,

    /// <summary>Queue storage.</summary>
    Queue,
}

/// <summary>One billed request to a storage account, as the pipeline sees it.</summary>
/// <param name="Service">The service that is called.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Resource">The table, container or queue; <c>$batch</c> for an entity group transaction.</param>
/// <param name="Uri">The whole address. It may hold a signature: never log it.</param>
public sealed record StorageCall(StorageService Service, string Method, string Resource, Uri Uri);
