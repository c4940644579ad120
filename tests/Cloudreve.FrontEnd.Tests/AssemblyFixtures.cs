using Cloudreve.Testing.Azurite;
using Xunit;

[assembly: AssemblyFixture(typeof(AzuriteServer))]
