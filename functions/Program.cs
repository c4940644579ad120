using Cloudreve.Functions.Startup;

return await WorkerProcess.RunAsync(args);
