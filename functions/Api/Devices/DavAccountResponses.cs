using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Devices;

/// <summary>A WebDAV account as its owner sees it.</summary>
internal sealed record DavAccountResponse(string Id, DateTimeOffset CreatedAt, string Name, string Uri, string Password, string Options);

/// <summary>A page of WebDAV accounts.</summary>
internal sealed record DavAccountListResponse(IReadOnlyList<DavAccountResponse> Accounts, PaginationResponse Pagination);
